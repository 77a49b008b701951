"""The rules of albums."""

import pytest

from tests.sandbox.conftest import GROUP, OWNER


@pytest.fixture
def album(vk):
    return lambda title="Чай", **params: vk("market.addAlbum", owner_id=OWNER, title=title, **params)["market_album_id"]


def members(vk, album_id: int) -> list[int]:
    return [one["id"] for one in vk("market.get", owner_id=OWNER, album_id=album_id, with_disabled=1)["items"]]


def test_an_album_is_listed_with_its_count(vk, album):
    tea = album("Чай и кофе")
    item_id, hidden, deleted = vk.add(), vk.add(deleted=1), vk.add()
    vk("market.addToAlbum", owner_id=OWNER, item_ids=[item_id, hidden, deleted], album_ids=[tea])
    vk("market.delete", owner_id=OWNER, item_id=deleted)
    (shown,) = vk("market.getAlbums", owner_id=OWNER)["items"]
    assert (shown["id"], shown["title"], shown["count"]) == (tea, "Чай и кофе", 2)
    assert shown["owner_id"] == OWNER


def test_equal_titles_make_two_albums(vk, album):
    assert album() != album()
    answer = vk("market.addAlbum", owner_id=OWNER, title="Чай")
    assert answer["albums_count"] == 3


def test_titles_have_a_limit_and_must_be_there(vk, album):
    assert album("я" * 128)
    assert vk.code("market.addAlbum", owner_id=OWNER, title="я" * 129) == 100
    assert vk.code("market.addAlbum", owner_id=OWNER) == 100
    assert vk.code("market.editAlbum", owner_id=OWNER, album_id=album()) == 100


def test_empty_albums_are_listed_or_not_by_switch_and_always_found_by_id(vk, album):
    tea = album()
    assert vk("market.getAlbums", owner_id=OWNER)["count"] == 1
    vk.world.switch("album_empty_hidden", True)
    assert vk("market.getAlbums", owner_id=OWNER)["count"] == 0
    assert vk("market.getAlbumById", owner_id=OWNER, album_ids=[tea, 999])["items"][0]["id"] == tea


def test_a_main_album_cannot_be_hidden_and_there_is_one(vk, album):
    first, second = album("Главный", main_album=1), album("Другой")
    assert vk.code("market.addAlbum", owner_id=OWNER, title="Чай", main_album=1, is_hidden=1) == 1446
    assert vk.code("market.editAlbum", owner_id=OWNER, album_id=first, title="Главный", is_hidden=1) == 1446
    vk("market.editAlbum", owner_id=OWNER, album_id=second, title="Другой", main_album=1)
    main = {one["id"]: one["is_main"] for one in vk("market.getAlbums", owner_id=OWNER)["items"]}
    assert main == {first: False, second: True}


def test_an_edit_renames(vk, album):
    tea = album()
    assert vk("market.editAlbum", owner_id=OWNER, album_id=tea, title="Кофе") == 1
    assert vk.world.albums(GROUP)[0]["title"] == "Кофе"
    assert vk.code("market.editAlbum", owner_id=OWNER, album_id=999, title="Кофе") == 1402


def test_the_number_of_albums_is_limited(vk, album):
    vk.world.switch("album_limit", 1)
    album()
    assert vk.code("market.addAlbum", owner_id=OWNER, title="Кофе") == 1407


def test_membership_errors(vk, album):
    tea, item_id = album(), vk.add()
    add = lambda **params: vk.code("market.addToAlbum", owner_id=OWNER, **params)  # noqa: E731
    assert add(item_ids=item_id, album_ids=999) == 1402
    assert add(item_ids=1, album_ids=tea) == 1403
    assert add(item_id=item_id, album_ids=tea) == 100
    vk("market.addToAlbum", owner_id=OWNER, item_ids=item_id, album_ids=tea)
    assert add(item_ids=item_id, album_ids=tea) == 1404
    vk.world.switch("album_item_limit", 1)
    assert add(item_ids=vk.add(), album_ids=tea) == 1406


def test_one_unknown_item_keeps_the_others_out(vk, album):
    tea, item_id = album(), vk.add()
    assert vk.code("market.addToAlbum", owner_id=OWNER, item_ids=[item_id, 1], album_ids=tea) == 1403
    assert members(vk, tea) == []


def test_items_leave_an_album_and_stay_when_it_goes(vk, album):
    tea, gifts, item_id = album(), album("Подарки"), vk.add()
    vk("market.addToAlbum", owner_id=OWNER, item_ids=item_id, album_ids=[tea, gifts])
    assert vk("market.removeFromAlbum", owner_id=OWNER, item_id=item_id, album_ids=tea) == 1
    assert vk("market.removeFromAlbum", owner_id=OWNER, item_id=item_id, album_ids=tea) == 1
    assert (members(vk, tea), members(vk, gifts)) == ([], [item_id])
    assert vk("market.deleteAlbum", owner_id=OWNER, album_id=gifts) == 1
    assert vk.item(item_id, extended=1)["albums_ids"] == []
    assert vk.code("market.deleteAlbum", owner_id=OWNER, album_id=gifts) == 1402


def test_a_cover_is_a_product_photo_that_serves_nothing_else(vk, album):
    cover = vk.photo()
    tea = album(photo_id=cover)
    assert vk("market.getAlbums", owner_id=OWNER)["items"][0]["photo"]["id"] == cover
    assert vk.code("market.add", **vk.fields(main_photo_id=cover)) == 100
    assert vk("market.editAlbum", owner_id=OWNER, album_id=tea, title="Чай", photo_id=cover) == 1
    assert vk.code("market.addAlbum", owner_id=OWNER, title="Кофе", photo_id=999) == 100


def test_albums_are_reordered(vk, album):
    first, second, third = album("1"), album("2"), album("3")
    vk("market.reorderAlbums", owner_id=OWNER, album_id=third, after=first)
    assert [one["id"] for one in vk("market.getAlbums", owner_id=OWNER)["items"]] == [second, first, third]
