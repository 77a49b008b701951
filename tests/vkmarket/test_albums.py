"""Groups of the till as albums of VK, over real HTTP."""

import pytest

from catalog.refreshing import refresh
from sandbox import seed

pytestmark = pytest.mark.django_db(transaction=True)


def test_groups_become_albums_and_goods_follow_their_group(shop, sync, sandbox):
    drinks = sandbox.evotor.put_group(shop.store, {"name": "Напитки"})
    tea_group = sandbox.evotor.put_group(shop.store, {"name": "Чай", "parent_id": drinks})
    tea = shop.put("Чай чёрный", parent_id=tea_group)
    shop.put("Лимонад домашний", parent_id=drinks)
    first = sync()
    assert (first.created, first.updated) == (2, 0)
    albums = {album["title"]: album["id"] for album in sandbox.vk.albums(seed.VK_GROUP_ID)}
    assert set(albums) == {"Напитки", "Напитки / Чай"}
    shop.put("Чай чёрный", parent_id=drinks, id=tea)
    assert sync().updated
    assert {item["title"]: item["albums_ids"] for item in shop.visible()} == {
        "Чай чёрный": [albums["Напитки"]],
        "Лимонад домашний": [albums["Напитки"]],
    }


def test_an_album_that_somebody_made_is_used_and_never_renamed(shop, sync, sandbox, writes):
    sandbox.vk.handle(
        "market.addAlbum",
        {"access_token": seed.VK_TOKEN, "v": "5.199", "owner_id": -seed.VK_GROUP_ID, "title": "Чай"},
        sandbox.vk.now(),
    )
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай"})
    shop.put("Чай чёрный", parent_id=group)
    sync()
    sandbox.evotor.put_group(shop.store, {"name": "Чаи мира", "id": group})
    sync()
    assert [album["title"] for album in sandbox.vk.albums(seed.VK_GROUP_ID)] == ["Чай"]


def test_an_album_is_known_by_its_title_however_vk_writes_it(shop, sync, sandbox):
    sandbox.vk.handle(
        "market.addAlbum",
        {"access_token": seed.VK_TOKEN, "v": "5.199", "owner_id": -seed.VK_GROUP_ID, "title": 'Чай "Гора"'},
        sandbox.vk.now(),
    )
    shop.put("Чай чёрный", parent_id=sandbox.evotor.put_group(shop.store, {"name": "Чай «Гора»"}))
    sync()
    assert len(sandbox.vk.albums(seed.VK_GROUP_ID)) == 1


def test_a_group_renamed_at_the_till_is_renamed_in_vk(shop, sync, sandbox):
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай"})
    shop.put("Чай чёрный", parent_id=group)
    sync()
    sandbox.evotor.put_group(shop.store, {"name": "Чаи мира", "id": group})
    sync()
    assert [album["title"] for album in sandbox.vk.albums(seed.VK_GROUP_ID)] == ["Чаи мира"]


@pytest.fixture
def shelves(shop, sandbox):
    """Two groups with two products each, in VK."""
    groups = [sandbox.evotor.put_group(shop.store, {"name": name}) for name in ("Чай", "Кофе")]
    for number in range(4):
        shop.put(f"Товар номер {number}", parent_id=groups[number % 2], barcodes=[f"46000000000{number:02}"])
    return groups


@pytest.mark.parametrize("kind", ["empty", "truncate"])
def test_a_list_of_groups_that_is_empty_or_ends_early_moves_nothing(shop, sync, sandbox, shelves, writes, kind):
    sync()
    writes()
    sandbox.faults.add(kind, api="evotor", method="GET /stores/*/product-groups")
    sync()
    assert writes() == []


def test_groups_that_are_created_anew_keep_their_albums(shop, sync, sandbox, shelves):
    sync()
    albums = {album["id"]: album["title"] for album in sandbox.vk.albums(seed.VK_GROUP_ID)}
    before = {item["title"]: item["albums_ids"] for item in shop.visible()}
    renewed = {}
    for group, name in zip(shelves, ("Чай", "Кофе"), strict=True):
        sandbox.evotor.remove_group(shop.store, group)
        renewed[group] = sandbox.evotor.put_group(shop.store, {"name": name})
    for product in sandbox.evotor.products(shop.store):
        sandbox.evotor.put_product(shop.store, {"id": product["id"], "parent_id": renewed[product["parent_id"]]})
    for _ in range(3):
        sync()
    assert {album["id"]: album["title"] for album in sandbox.vk.albums(seed.VK_GROUP_ID)} == albums
    assert {item["title"]: item["albums_ids"] for item in shop.visible()} == before


def delete_by_hand(sandbox, album: int) -> None:
    words = {"access_token": seed.VK_TOKEN, "v": "5.199", "owner_id": -seed.VK_GROUP_ID, "album_id": album}
    assert sandbox.vk.handle("market.deleteAlbum", words, sandbox.vk.now()) == {"response": 1}


def titles(sandbox) -> list[str]:
    return [album["title"] for album in sandbox.vk.albums(seed.VK_GROUP_ID)]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("made_by", ["us", "hand"])
def test_an_album_that_was_deleted_by_hand_is_made_anew_and_not_found_in_an_old_mirror(
    shop, sync, sandbox, merchant, later, made_by
):
    if made_by == "hand":
        words = {"access_token": seed.VK_TOKEN, "v": "5.199", "owner_id": -seed.VK_GROUP_ID, "title": "Чай"}
        sandbox.vk.handle("market.addAlbum", words, sandbox.vk.now())
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай"})
    shop.put("Чай чёрный", parent_id=group)
    sync()
    sync()
    later(minutes=20)
    delete_by_hand(sandbox, sandbox.vk.albums(seed.VK_GROUP_ID)[0]["id"])
    shop.put("Чай зелёный", parent_id=group)
    refresh(merchant.evotor)
    mark = sandbox.journal.calls()
    outcome = sync(refresh=False)
    assert (outcome.created, outcome.waiting) == (1, 0)
    assert titles(sandbox) == ["Чай"]
    (album,) = sandbox.vk.albums(seed.VK_GROUP_ID)
    assert {item["title"]: item["albums_ids"] for item in shop.visible()}["Чай зелёный"] == [album["id"]]
    assert len(sandbox.journal.entries(mark, method="market.addToAlbum")) == 2


@pytest.mark.timeout(60)
def test_an_album_that_not_all_of_vk_knows_yet_is_made_once(shop, sync, sandbox, later):
    shop.put("Чай чёрный", parent_id=sandbox.evotor.put_group(shop.store, {"name": "Чай"}))
    sandbox.faults.add("error", code=1402, method="market.addToAlbum", times=2)
    for waiting in (1, 1, 0):
        assert sync().waiting == waiting
        later(minutes=2)
    assert titles(sandbox) == ["Чай"] and shop.items()[0]["album_ids"]


@pytest.mark.timeout(60)
def test_an_album_that_is_gone_as_it_is_to_be_renamed_is_made_anew(shop, sync, sandbox, later):
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай"})
    shop.put("Чай чёрный", parent_id=group)
    sync()
    later(minutes=20)
    delete_by_hand(sandbox, sandbox.vk.albums(seed.VK_GROUP_ID)[0]["id"])
    sandbox.evotor.put_group(shop.store, {"name": "Чаи мира", "id": group})
    shop.put("Чай зелёный", parent_id=group)
    sync()
    assert titles(sandbox) == ["Чаи мира"]
    assert {item["title"]: bool(item["albums_ids"]) for item in shop.visible()}["Чай зелёный"]
