"""The list of goods and the page of one: the till beside VK, why it is not there, its own text and picture."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import CachedProduct, SyncConfig
from tests.factories import AttemptFactory, CachedProductFactory, EvotorConnectionFactory, UserFactory
from tests.vkmarket.catalog_pages.conftest import STORE, text
from tests.vkmarket.test_own_pictures import RED, png
from vkmarket.models import Listing, VkCachedProduct

pytestmark = pytest.mark.django_db


def test_goods_show_the_till_beside_vk_and_why_not(shop, owner, put):
    sold = put("Чай чёрный", "green", in_vk=True, price="150.00")
    VkCachedProduct.objects.update(price="120.00")
    put("Без цены", price=None, listing={"hold": "no_category"})
    put("Водка", type="ALCOHOL_MARKED")
    page = text(owner.get(f"{STORE}/products")).replace("\xa0", " ")
    assert "150,00 ₽" in page and "120,00 ₽" in page and "Чай / Зелёный чай" in page
    assert "Цена не указана" in page and "Не выбрана категория" not in page
    assert "Алкоголь нельзя продавать" in page
    assert f"{STORE}/products/{sold.evotor_id}" in page


def test_a_hold_that_is_no_longer_true_says_that_it_was_not_checked(shop, owner, put):
    put("Чай чёрный", listing={"hold": "zero_price"})
    put("Чай зелёный")
    page = text(owner.get(f"{STORE}/products"))
    assert page.count("Ещё не проверен<") == 2 and "Цена не указана" not in page
    SyncConfig.objects.update(default_category_id=None)
    assert text(owner.get(f"{STORE}/products")).count("Не выбрана категория") == 2


@pytest.mark.parametrize(
    ("listing", "words"),
    [
        ({"lane": 3}, "Ждёт отправки"),
        ({"lane": 5, "blocked": "refused"}, "ВК отклонил товар и не назвал причину"),
        ({"lane": 5, "blocked": "refused", "error_code": 1408, "error_text": "Bad links"}, "ВК не принял ссылки"),
        ({"lane": 1, "blocked": "guard_removals"}, "Исчезает слишком много"),
        ({"blocked": "deleted_in_vk"}, "удалён в ВК вручную"),
        ({"drift": ["name"]}, "В ВК иначе"),
        ({"hold": "maybe_moved"}, "Похож на товар"),
        ({"unsettled_since": "2026-03-06T11:30:00Z"}, "ВК не ответил"),
        ({"confirmed_at": None}, "Отправлен, проверяем"),
        ({"shown": False}, "В ВК, распродан"),
        ({}, "В ВК<"),
    ],
)
def test_each_state_has_its_words(shop, owner, put, listing, words):
    product = put("Чай чёрный", in_vk=True, listing=listing)
    assert words in text(owner.get(f"{STORE}/products"))
    assert words in text(owner.get(f"{STORE}/products/{product.evotor_id}"))


@pytest.mark.parametrize(
    ("listing", "page"),
    [
        ({"blocked": "match"}, "/sync/match"),
        ({"blocked": "deleted_in_vk"}, "/sync/decisions"),
        ({"blocked": "refused"}, "/sync/decisions"),
        ({"drift": ["name"]}, "/sync/decisions"),
        ({"lane": 3}, ""),
    ],
)
def test_a_product_leads_to_where_it_is_decided_about(shop, owner, put, listing, page):
    product = put("Чай чёрный", in_vk=True, listing=listing)
    told = text(owner.get(f"{STORE}/products/{product.evotor_id}"))
    assert [one for one in ("/sync/match", "/sync/decisions") if f'href="{one}"' in told] == [page][: bool(page)]


def test_what_the_moderation_says_is_told_in_its_words(shop, owner, put):
    put("Чай чёрный", in_vk=True)
    VkCachedProduct.objects.update(reject_info={"title": "Отклонён", "description": "Плохое <b>фото</b>"})
    page = text(owner.get(f"{STORE}/products"))
    assert "ВК отклонил" in page and "Плохое &lt;b&gt;фото" in page


def names(page: str) -> list[str]:
    return [part.split("</a>")[0] for part in page.split('<div><a href="')[1:] for part in [part.split('">', 1)[1]]]


def test_goods_are_searched_filtered_sorted_and_paged(shop, owner, put):
    put("Ёлка", price="30.00", quantity="1.000")
    put("Яблоко", "green", price="20.00", quantity="3.000")
    put("арбуз", "tea", price="10.00", quantity="2.000", in_vk=True)
    found = lambda **query: names(text(owner.get(f"{STORE}/products", query)))  # noqa: E731
    assert found() == ["арбуз", "Ёлка", "Яблоко"]
    assert found(sort="dear") == ["Ёлка", "Яблоко", "арбуз"]
    assert found(sort="stock") == ["Ёлка", "арбуз", "Яблоко"]
    assert found(q="ЕЛК") == ["Ёлка"] and found(q="%") == []
    assert found(group="tea") == ["арбуз", "Яблоко"] and found(group="ungrouped") == ["Ёлка"]
    assert found(state="shown") == ["арбуз"] and found(state="never") == ["Ёлка", "Яблоко"]
    assert found(group="none") == [] and found(state="nonsense", sort="x", page="-1")[0] == "арбуз"
    for number in range(60):
        put(f"Чай {number:02}")
    assert len(found()) == 25 and len(found(page="3")) == 13


def test_states_are_filters(shop, owner, put):
    put("Отказ", in_vk=True, listing={"blocked": "refused"})
    put("Расхождение", in_vk=True, listing={"drift": ["name"]})
    put("Вопрос", listing={"blocked": "guard_creates", "lane": 5})
    put("Ждёт", listing={"lane": 5})
    put("Задержан", listing={"hold": "zero_price"})
    for state, name in (
        ("refused", "Отказ"),
        ("differs", "Расхождение"),
        ("decision", "Вопрос"),
        ("waits", "Ждёт"),
        ("held", "Задержан"),
    ):
        assert names(text(owner.get(f"{STORE}/products", {"state": state}))) == [name]


def test_a_product_tells_till_sent_and_confirmed_with_times(shop, owner, put, settings):
    settings.SANDBOX_URL = ""
    product = put("Чай чёрный", in_vk=True)
    listing = Listing.objects.get()
    AttemptFactory(listing=listing)
    page = text(owner.get(f"{STORE}/products/{product.evotor_id}"))
    group, item = shop.community.group_id, listing.vk_item_id
    assert f"https://vk.com/market-{group}?w=product-{group}_{item}" in page
    assert "подтверждено 06.03.2026 14:30" in page and "принято" in page and "создать" in page
    settings.SANDBOX_URL = "http://localhost:9999"
    page = text(owner.get(f"{STORE}/products/{product.evotor_id}"))
    assert f"http://localhost:9999/window?group={group}&amp;item={item}" in page


def test_what_was_left_as_in_vk_is_told_and_taken_back(shop, owner, stranger, put, monkeypatch):
    monkeypatch.setattr("vkmarket.publishing.enqueue", lambda *_args, **_options: None)
    product = put("Чай чёрный", in_vk=True, listing={"accepted": {"name": ["Чай чёрный", "Чай даром"]}})
    undo = f"{STORE}/products/{product.evotor_id}/undo"
    assert "оставить как в ВК: название." in text(owner.get(f"{STORE}/products/{product.evotor_id}"))
    assert stranger.post(undo).status_code == 404
    assert "Решение отменено" in text(owner.post(undo, follow=True))
    listing = Listing.objects.get()
    assert (listing.accepted, listing.sent["name"], listing.lane is None) == ({}, "Чай даром", False)
    page = text(owner.post(undo, follow=True))
    assert "уже решено" in page and undo not in page


def test_a_product_gets_its_own_text_and_picture(shop, owner, stranger, put):
    product = put("Чай чёрный")
    address = f"{STORE}/products/{product.evotor_id}"
    assert owner.post(f"{address}/text", {"own_text": "Собран вручную на склонах."}).status_code == 302
    short = owner.post(f"{address}/text", {"own_text": "мало vk.com/x"})
    assert short.status_code == 400
    assert "Слишком коротко" in short.content.decode() and "мало vk.com/x" in short.content.decode()
    owner.post(f"{address}/picture", {"picture": SimpleUploadedFile("1.png", png(RED))})
    product.refresh_from_db()
    assert product.own_text == "Собран вручную на склонах." and product.own_picture
    assert owner.get(f"{address}/picture.jpg").content.startswith(b"\xff\xd8")
    for wrong, words in ((b"", "Файл пустой"), (b"<svg/>", "Это не картинка"), (b"0" * (8 * 1024 * 1024 + 1), "8 МБ")):
        refused = owner.post(f"{address}/picture", {"picture": SimpleUploadedFile("1.png", wrong)})
        assert refused.status_code == 400 and words in refused.content.decode()
    for what in ("text", "picture"):
        assert stranger.post(f"{address}/{what}", {"remove": "1", "own_text": ""}).status_code == 404
    assert stranger.get(f"{address}/picture.jpg").status_code == stranger.get(address).status_code == 404
    owner.post(f"{address}/text", {"own_text": ""})
    owner.post(f"{address}/picture", {"remove": "1"})
    product.refresh_from_db()
    assert (product.own_text, product.own_picture) == ("", "")


def test_the_page_says_which_picture_is_in_vk(shop, owner, put):
    """An item that EvoSync took over keeps its own, until there is a new one."""
    product = put("Чай чёрный", in_vk=True)
    address, kept = f"{STORE}/products/{product.evotor_id}", "с которой товар там уже был"

    def told(wanted: str, sent: str) -> bool:
        listing = Listing.objects.get()
        listing.wanted, listing.sent = listing.wanted | {"photo": wanted}, listing.sent | {"photo": sent}
        listing.save()
        return kept in text(owner.get(address))

    assert not told("card:1", "card:1")
    assert told("card:1", "kept:card:1") and told("card:2", "kept:card:1") and told("evotor:1", "kept:evotor:1")
    assert not told("evotor:2", "kept:evotor:1")
    assert told("card:1", "kept:card:1")
    owner.post(f"{address}/picture", {"picture": SimpleUploadedFile("1.png", png(RED))})
    assert not told("card:1", "kept:card:1") and "идёт ваша картинка" in text(owner.get(address))


def test_a_product_of_another_store_is_not_in_this_one(shop, owner):
    other = CachedProductFactory(store__connection=EvotorConnectionFactory(user=UserFactory()))
    assert owner.get(f"{STORE}/products/{other.evotor_id}").status_code == 404
    assert CachedProduct.objects.count() == 1
