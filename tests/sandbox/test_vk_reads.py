"""What reads show, and what they leave out."""

import pytest

from sandbox import seed
from tests.sandbox.conftest import GROUP, OWNER


def ids(answer) -> list[int]:
    return [one["id"] for one in answer["items"]]


def test_hidden_and_sold_out_items_come_only_with_disabled(vk):
    shown = vk.add()
    hidden = vk.add(deleted=1)
    sold_out = vk.add(stock_amount=0)
    assert ids(vk("market.get", owner_id=OWNER)) == [shown]
    answer = vk("market.get", owner_id=OWNER, with_disabled=1)
    assert set(ids(answer)) == {shown, hidden, sold_out}
    assert answer["count"] == 3
    assert [vk.item(one)["availability"] for one in (shown, hidden, sold_out)] == [0, 2, 2]
    assert [one["id"] for one in vk.world.visible_items(GROUP)] == [shown]


def test_sold_out_items_may_stay_visible_by_switch(vk):
    sold_out = vk.add(stock_amount=0)
    vk.world.switch("stock_zero_hidden", False)
    assert ids(vk("market.get", owner_id=OWNER)) == [sold_out]


def test_a_stranger_sees_no_hidden_items(vk):
    hidden = vk.add(deleted=1)
    vk.token = seed.VK_TOKEN_NOT_ADMIN
    assert vk("market.get", owner_id=OWNER, with_disabled=1)["count"] == 0
    assert vk("market.getById", item_ids=f"{OWNER}_{hidden}")["count"] == 0
    assert vk("market.search", owner_id=OWNER, status="0,2")["count"] == 0


def test_deleted_items_vanish_from_reads(vk):
    item_id = vk.add()
    vk("market.delete", owner_id=OWNER, item_id=item_id)
    assert vk("market.get", owner_id=OWNER, with_disabled=1)["count"] == 0
    assert vk("market.getById", item_ids=f"{OWNER}_{item_id}") == {"count": 0, "items": []}
    assert vk("market.search", owner_id=OWNER, status="0,2")["count"] == 0


def test_get_by_id_leaves_out_the_unknown_and_takes_100(vk):
    item_id = vk.add()
    asked = f"{OWNER}_{item_id},{OWNER}_1,-7_7"
    assert ids(vk("market.getById", item_ids=asked)) == [item_id]
    assert vk("market.getById", item_ids=",".join(f"{OWNER}_{one}" for one in range(100)))["count"] == 0
    assert vk.code("market.getById", item_ids=",".join(f"{OWNER}_{one}" for one in range(101))) == 100
    assert vk.code("market.getById", item_ids="17") == 100


@pytest.mark.parametrize(("method", "most"), [("market.get", 200), ("market.search", 200), ("market.getAlbums", 100)])
def test_page_sizes_are_limited(vk, method, most):
    assert vk(method, owner_id=OWNER, count=most)["count"] == 0
    assert vk.code(method, owner_id=OWNER, count=most + 1) == 100


def test_pages_cover_the_whole_list_and_count_is_of_all(vk):
    for number in range(25):
        vk.world.add_foreign_item(GROUP, name=f"Товар {number}")
    pages = [vk("market.get", owner_id=OWNER, count=10, offset=offset) for offset in (0, 10, 20, 30)]
    assert [page["count"] for page in pages] == [25] * 4
    assert len({one for page in pages for one in ids(page)}) == 25


def test_extended_alone_has_albums_and_photos(vk):
    item_id = vk.add()
    album = vk("market.addAlbum", owner_id=OWNER, title="Чай")["market_album_id"]
    vk("market.addToAlbum", owner_id=OWNER, item_ids=item_id, album_ids=album)
    assert vk("market.get", owner_id=OWNER, extended=1)["items"][0]["albums_ids"] == [album]
    assert "albums_ids" not in vk("market.get", owner_id=OWNER)["items"][0]
    assert ids(vk("market.get", owner_id=OWNER, album_id=album)) == [item_id]
    assert vk.code("market.get", owner_id=OWNER, album_id=999) == 1402


def test_search_by_words_price_status_and_order(vk):
    cheap = vk.add(name="Чай зелёный", price="100", sku="ES1")
    dear = vk.add(name="Чай чёрный", price="900")
    hidden = vk.add(name="Чай белый", deleted=1)
    search = lambda **params: ids(vk("market.search", owner_id=OWNER, **params))  # noqa: E731
    assert search(q="чай ЗЕЛЁНЫЙ") == [cheap]
    assert search(q="es1") == [cheap]
    assert search(price_from=10_000, price_to=10_000) == [cheap]
    assert search(price_from=10_001) == [dear]
    assert search(sort=2, rev=0) == [cheap, dear]
    assert search(sort=2) == [dear, cheap]
    assert search(status=2) == [hidden]
    assert set(search(status="0,2")) == {cheap, dear, hidden}
    assert vk.code("market.search", owner_id=OWNER, status="0,1,2") == 100


def test_dates_bound_a_listing(vk, clock):
    item_id = vk.add()
    today = f"{clock.now:%Y-%m-%d}"
    assert ids(vk("market.get", owner_id=OWNER, date_from=today, date_to=today)) == [item_id]
    assert vk("market.get", owner_id=OWNER, date_to="2020-01-01")["count"] == 0
    assert vk.code("market.get", owner_id=OWNER, date_from="вчера") == 100


def test_reads_may_lag_behind_writes(vk, clock):
    old = vk.add()
    vk.world.switch("read_delay_seconds", 300)
    album = vk("market.addAlbum", owner_id=OWNER, title="Чай")["market_album_id"]
    new = vk.add()
    vk("market.edit", owner_id=OWNER, item_id=old, price="300")
    vk("market.delete", owner_id=OWNER, item_id=old)
    assert ids(vk("market.get", owner_id=OWNER)) == [old]
    assert vk.item(old)["price"]["amount"] == "24550"
    assert vk("market.search", owner_id=OWNER)["count"] == 1
    assert vk("market.getAlbums", owner_id=OWNER)["count"] == 0
    clock.pass_(300)
    assert ids(vk("market.get", owner_id=OWNER)) == [new]
    assert ids(vk("market.getAlbums", owner_id=OWNER)) == [album]


def test_a_delayed_read_shows_a_write_exactly_when_its_time_has_come(vk, clock):
    vk.world.switch("read_delay_seconds", 300)
    vk.world.add_foreign_item(GROUP)
    listed = {"access_token": vk.token, "v": "5.199", "owner_id": OWNER}
    counts = []
    for seconds in (299, 1):
        clock.pass_(seconds)
        counts.append(vk.world.handle("market.get", listed, clock.now)["response"]["count"])
    assert counts == [0, 1]


def test_a_delayed_read_never_delays_what_a_write_sees(vk):
    vk.world.switch("read_delay_seconds", 300)
    item_id = vk.add()
    assert vk("market.edit", owner_id=OWNER, item_id=item_id, price="300") == 1
    assert vk("market.getById", item_ids=f"{OWNER}_{item_id}")["count"] == 0


def test_text_comes_back_as_it_was_or_escaped_by_switch(vk):
    name = 'Чай «Хлеб & соль» <b>"50"</b>'
    item_id = vk.add(name=name, description="Строка\nи ещё одна & всё")
    assert vk.item(item_id)["title"] == name
    vk.world.switch("escape_text", True)
    item = vk.item(item_id)
    assert item["title"] == "Чай «Хлеб &amp; соль» &lt;b&gt;&quot;50&quot;&lt;/b&gt;"
    assert item["description"] == "Строка\nи ещё одна &amp; всё"


def test_moderation_refuses_later_and_says_why(vk, clock):
    vk.world.switch("moderation", "кальян")
    vk.world.switch("moderation_delay_seconds", 60)
    good, bad, rouble = vk.add(), vk.add(name="Кальян латунный"), vk.add(price="1")
    assert "reject_info" not in vk.item(bad)
    clock.pass_(60)
    assert vk.item(bad)["reject_info"]["title"]
    assert "reject_info" in vk.item(rouble)
    assert "reject_info" not in vk.item(good)
    assert ids(vk("market.get", owner_id=OWNER)) == [good]
    assert vk("market.get", owner_id=OWNER, with_disabled=1)["count"] == 3


def test_categories_are_a_tree_and_only_leaves_take_items(vk):
    tree = vk("market.getCategories", group_id=GROUP)["items"]
    leaves = [leaf for section in tree for leaf in section["children"]]
    assert len(tree) >= 10
    assert len(leaves) >= 40
    assert len({one["id"] for one in [*tree, *leaves]}) == len(tree) + len(leaves)
    assert all("children" not in leaf for leaf in leaves)


def test_categories_are_found_by_words(vk):
    found = vk("market.filterCategories", query="ЧАЙ")["items"]
    assert [one["name"] for one in found] == ["Чай, кофе и какао"]
    section = vk("market.getCategories")["items"][0]
    inside = vk("market.filterCategories", category_id=section["id"], count=1000)["items"]
    assert {one["id"] for one in section["children"]} < {one["id"] for one in inside}


def test_what_the_merchant_does_by_hand_is_seen(vk):
    item_id = vk.world.add_foreign_item(GROUP, name="Сертификат", price=100_000)
    vk.world.edit_by_hand(GROUP, item_id, name="Сертификат на 1000 ₽")
    assert vk.item(item_id)["title"] == "Сертификат на 1000 ₽"
    with pytest.raises(ValueError, match="unknown fields: title"):
        vk.world.edit_by_hand(GROUP, item_id, title="?")
    vk.world.delete_by_hand(GROUP, item_id)
    assert vk("market.get", owner_id=OWNER, with_disabled=1)["count"] == 0
