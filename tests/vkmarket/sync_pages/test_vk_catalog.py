"""`/vk-catalog`: what VK shows."""

import pytest

from evosync.base import clock
from tests import factories
from vkmarket.models import VkAlbumPlace, VkCachedProduct

from .conftest import logged_in, text_of


@pytest.fixture
def item(community):
    def make(title, albums=(), **fields):
        row = factories.VkCachedProductFactory(
            community=community, title=title, search_text=title.casefold(), albums=list(albums), **fields
        )
        for album_id in albums or [0]:
            VkAlbumPlace.objects.create(community=community, album_id=album_id, item_id=row.item_id)
        return row

    return make


def test_nothing_is_connected(newcomer):
    assert "ВКонтакте не подключён" in text_of(newcomer.get("/vk-catalog/albums"))
    assert newcomer.get("/vk-catalog/products").url == "/vk-catalog/albums"
    assert newcomer.get("/vk-catalog/albums/5/products").status_code == 404


def test_albums_are_listed_with_foreign_ones_marked(browser, community, item):
    ours = factories.VkCachedAlbumFactory(community=community, title="Чай", count=3)
    factories.AlbumListingFactory(community=community, album_id=ours.album_id)
    factories.VkCachedAlbumFactory(community=community, title="Своё <b>")
    factories.VkCachedAlbumFactory(community=community, title="Бывшая", absent_since=clock.now())
    factories.VkCachedAlbumFactory(title="Чужая")
    item("Без всего")
    text = text_of(browser.get("/vk-catalog/albums"))
    assert text.count("не от EvoSync") == 1
    assert "Своё &lt;b&gt;" in text
    assert "Бывшая" not in text and "Чужая" not in text
    found = text_of(browser.get("/vk-catalog/albums", {"q": "ЧАЙ"}))
    assert "Чай" in found and "Своё" not in found


def test_items_show_whose_they_are_and_how_they_are_seen(browser, community, store, item):
    product = factories.CachedProductFactory(store=store)
    tea = item("Чай наш", stock=0)
    listing = factories.ListingFactory(community=community, vk_item_id=tea.item_id)
    factories.ListingSourceFactory(listing=listing, product=product)
    item("Скрытый чужой", availability=2, stock=-1)
    item("Ушедший", absent_since=clock.now())
    text = text_of(browser.get("/vk-catalog/products"))
    assert text.count("не от EvoSync") == 1
    assert "распродан" in text and "скрыт" in text
    assert "Ушедший" not in text
    assert "<img" not in text.split("<main")[1].split("</main>")[0]


def test_items_of_an_album_of_none_and_found_by_words(browser, community, item):
    album = factories.VkCachedAlbumFactory(community=community, title="Чай")
    item("Ассам", albums=[album.album_id])
    item("Сахар")
    in_album = text_of(browser.get(f"/vk-catalog/albums/{album.album_id}/products"))
    loose = text_of(browser.get("/vk-catalog/albums/0/products"))
    found = text_of(browser.get("/vk-catalog/products", {"q": "АССАМ"}))
    assert "Ассам" in in_album and "Сахар" not in in_album
    assert "Сахар" in loose and "Ассам" not in loose
    assert "Ассам" in found and "Сахар" not in found
    assert "Ничего не найдено" in text_of(browser.get("/vk-catalog/products", {"q": "кофе"}))


def test_a_stranger_sees_neither_albums_nor_items(stranger, community, item):
    album = factories.VkCachedAlbumFactory(community=community, title="Чай")
    item("Ассам", albums=[album.album_id])
    assert stranger.get(f"/vk-catalog/albums/{album.album_id}/products").status_code == 404
    assert "Ассам" not in text_of(stranger.get("/vk-catalog/products"))


def test_items_come_in_pages(browser, item):
    for number in range(55):
        item(f"Товар-{number}-")
    assert "Товар-0-" not in text_of(browser.get("/vk-catalog/products"))
    assert "Товар-0-" in text_of(browser.get("/vk-catalog/products", {"page": 2}))


def test_refreshing_twice_asks_once(browser, asked):
    browser.post("/vk-catalog/refresh")
    answer = browser.post("/vk-catalog/refresh", follow=True)
    assert [job for job, *_rest in asked] == ["sync"]
    assert "читаем снова" in text_of(answer)


def test_a_newcomer_has_nothing_to_refresh(newcomer, asked):
    assert "Сначала подключите" in text_of(newcomer.post("/vk-catalog/refresh", follow=True))
    assert asked == []


def test_what_was_read_over_the_wire_is_shown(shop, merchant, sync, sandbox):
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай и кофе"})
    shop.put("Чай чёрный", parent_id=group)
    sandbox.vk.add_foreign_item(next(iter(sandbox.vk.groups)), name="Открытка ручной работы")
    sync()
    sync()
    browser = logged_in(merchant)
    text = text_of(browser.get("/vk-catalog/products"))
    assert "Чай чёрный" in text and "Открытка" in text
    assert text.count("не от EvoSync") == 1
    assert "Прочитано в ВК" in text
    album = VkCachedProduct.objects.get(title="Чай чёрный").albums[0]
    text = text_of(browser.get(f"/vk-catalog/albums/{album}/products"))
    assert "Чай чёрный" in text and "Открытка" not in text


def test_lists_cost_the_same_for_many(browser, community, item, django_assert_max_num_queries):
    for count in (1, 30):
        for number in range(count):
            factories.VkCachedAlbumFactory(community=community)
            item(f"Товар {number}")
        for path in ("/vk-catalog/albums", "/vk-catalog/products", "/vk-catalog/albums/0/products"):
            with django_assert_max_num_queries(11):
                browser.get(path, {"q": ""})
