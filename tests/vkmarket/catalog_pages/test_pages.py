"""The catalog's lists and pages: whose they are, what they say, and how many queries they take."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.choices import set_choice
from catalog.models import CachedGroup, CachedProduct, CachedStore, SyncConfig, SyncFilter
from connections.models import EvotorConnection
from evosync.base import clock
from tests.factories import (
    AttemptFactory,
    CachedGroupFactory,
    CachedProductFactory,
    CachedStoreFactory,
    EvotorConnectionFactory,
    SyncConfigFactory,
    UserFactory,
    VkCategoryFactory,
)
from tests.vkmarket.catalog_pages.conftest import browser
from tests.vkmarket.test_own_pictures import RED, png
from vkmarket.models import Listing, VkCachedProduct

pytestmark = pytest.mark.django_db
STORE = "/catalog/stores/STORE"
PAGES = ("/catalog/stores", f"{STORE}/groups", f"{STORE}/groups/tea", f"{STORE}/products", "/catalog/filters")


def text(answer) -> str:
    assert answer.status_code == 200, answer
    return answer.content.decode()


@pytest.mark.parametrize("address", [*PAGES, f"{STORE}/products.csv"])
def test_pages_are_their_owners(shop, owner, stranger, client, address):
    assert owner.get(address).status_code == 200
    assert client.get(address).url.startswith("/login")
    assert stranger.get(address).status_code == (404 if "STORE" in address else 200)


def test_the_catalog_leads_to_the_stores(owner):
    assert owner.get("/catalog").url == "/catalog/stores"


# Stores


def test_without_a_till_the_page_says_what_to_do(stranger):
    page = text(stranger.get("/catalog/stores"))
    assert "Касса Эвотор не подключена" in page and "/connections/add" in page


def test_a_till_that_was_not_read_yet_can_be_read_now(db):
    till = EvotorConnectionFactory()
    owner = browser(till.user)
    assert "ещё не прочитан" in text(owner.get("/catalog/stores"))
    assert "Читаем кассу" in text(owner.post("/catalog/read", follow=True))
    assert SyncConfig.objects.get(user=till.user).queued_at
    assert "уже идёт" in text(owner.post("/catalog/read", follow=True))
    assert owner.get("/catalog/read").status_code == 405


def test_a_till_that_was_disconnected_is_not_read(shop, owner):
    EvotorConnection.objects.update(access_token="")
    page = text(owner.get("/catalog/stores"))
    assert "Эвотор не подключён: каталог показан" in page and "Прочитать сейчас" not in page
    assert "Сначала подключите Эвотор" in text(owner.post("/catalog/read", follow=True))
    assert not SyncConfig.objects.get(user=shop.user).queued_at


def test_the_page_asks_for_itself_while_the_till_is_read_for_the_first_time(db):
    till = EvotorConnectionFactory()
    owner = browser(till.user)
    assert "every 3s" not in owner.get("/catalog/stores").content.decode()
    config = SyncConfigFactory(user=till.user, queued_at=clock.now())
    assert "every 3s" in owner.get("/catalog/stores").content.decode()
    store = CachedStoreFactory(connection=till)
    piece = owner.get("/catalog/stores", headers={"HX-Request": "true"}).content.decode()
    assert "every 3s" in piece and store.name in piece and "<html" not in piece
    store.complete_at = clock.now()
    store.save()
    assert "every 3s" not in owner.get("/catalog/stores").content.decode()
    # A store that cannot be read is not waited for; one that is read by no one is not either.
    CachedStoreFactory(connection=till, error="forbidden")
    assert "every 3s" not in owner.get("/catalog/stores").content.decode()
    CachedStoreFactory(connection=till)
    assert "every 3s" in owner.get("/catalog/stores").content.decode()
    config.queued_at = None
    config.save()
    assert "every 3s" not in owner.get("/catalog/stores").content.decode()


def test_a_store_tells_its_counts_and_its_fault(shop, owner, put):
    for number in range(3):
        put(f"Чай {number}", in_vk=True)
    put("Без цены", listing={"hold": "zero_price"})
    put("Новый")
    put("Ушедший", absent_since="2026-03-06T11:30:00Z")
    CachedStore.objects.update(error="not_installed", complete_at="2026-03-06T11:30:00Z")
    page = text(owner.get("/catalog/stores"))
    figures = [part.split("</dd>")[0] for part in page.split("<dd>")[1:5]]
    assert figures == ["5", "3", "1", "3"]
    assert "Приложение не установлено" in page and "06.03.2026 14:30" in page


def test_the_master_switch_that_is_off_is_told(shop, owner):
    assert "когда вы включите синхронизацию" not in text(owner.get("/catalog/stores"))
    SyncConfig.objects.update(enabled=False)
    assert "когда вы включите синхронизацию" in text(owner.get("/catalog/stores"))


# Groups


def test_groups_are_a_tree_with_counts_of_all_that_lies_in_them(shop, owner, put):
    for name, group in (("Чёрный", "tea"), ("Сенча", "green"), ("Матча", "green"), ("Сахар", ""), ("Соль", "gone")):
        put(name, group)
    page = text(owner.get(f"{STORE}/groups"))
    assert "3 товара" in page and "2 товара" in page and "Без группы" in page and "Зелёный" not in page
    inside = text(owner.get(f"{STORE}/groups?in=tea"))
    assert "Зелёный чай" in inside and "2 товара" in inside and "Без группы" not in inside
    piece = owner.get(f"{STORE}/groups?in=tea", HTTP_HX_REQUEST="true").content.decode()
    assert piece.strip().startswith("<li") and "Зелёный чай" in piece and "<html" not in piece
    assert owner.get(f"{STORE}/groups?in=none").status_code == 404


def test_groups_say_whose_choice_counts(shop, owner, put):
    put("Сенча", "green")
    set_choice(shop.user, "group", "tea", "STORE", "exclude")
    assert "как группа «Чай»" in text(owner.get(f"{STORE}/groups?in=tea"))
    set_choice(shop.user, "group", "tea", "STORE", "inherit")
    assert "как магазин" in text(owner.get(f"{STORE}/groups?in=tea"))
    set_choice(shop.user, "store", "STORE", "", "exclude")
    assert "Магазин выключен" in text(owner.get(f"{STORE}/groups"))


def test_groups_are_found_wherever_they_lie(shop, owner):
    page = text(owner.get(f"{STORE}/groups", {"q": "ЗЕЛЕНЫЙ"}))
    assert "Зелёный чай" in page and "Без группы" not in page
    assert "Такой группы нет" in text(owner.get(f"{STORE}/groups", {"q": "кофе"}))


def test_groups_that_lie_in_one_another_are_all_reached(shop, owner):
    for evotor_id, parent in (("a", "b"), ("b", "c"), ("c", "a"), ("self", "self"), ("lost", "nowhere")):
        CachedGroupFactory(store=shop.store, evotor_id=evotor_id, name=f"Круг {evotor_id}", parent_id=parent)
    page = text(owner.get(f"{STORE}/groups"))
    assert [name in page for name in ("Круг a", "Круг b", "Круг c", "Круг self", "Круг lost")] == [1, 0, 0, 1, 1]
    assert "Круг c" in text(owner.get(f"{STORE}/groups?in=a")) and "Круг b" in text(owner.get(f"{STORE}/groups?in=c"))


def test_a_group_gets_its_category_and_its_picture(shop, owner, stranger):
    VkCategoryFactory(category_id=6001, path="Дом / Посуда")
    assert "Дом / Посуда" in text(owner.get(f"{STORE}/groups/tea"))
    assert owner.post(f"{STORE}/groups/tea/category", {"category": "6001"}).status_code == 302
    assert CachedGroup.objects.get(evotor_id="tea").vk_category_id == 6001
    assert "Как у группы выше: Дом / Посуда" in text(owner.get(f"{STORE}/groups/green"))
    for wrong in ("7777", "чай", "-1", "9" * 30):
        assert owner.post(f"{STORE}/groups/tea/category", {"category": wrong}).status_code == 400
    file = SimpleUploadedFile("чай.png", png(RED), "image/png")
    assert owner.post(f"{STORE}/groups/tea/picture", {"picture": file}).status_code == 302
    address = f"{STORE}/groups/tea/picture.jpg"
    shown = owner.get(address)
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert stranger.get(address).status_code == 404
    owner.post(f"{STORE}/groups/tea/category", {"category": ""})
    owner.post(f"{STORE}/groups/tea/picture", {"remove": "1"})
    group = CachedGroup.objects.get(evotor_id="tea")
    assert (group.vk_category_id, group.own_picture, owner.get(address).status_code) == (None, "", 404)
    for what in ("category", "picture"):
        assert stranger.post(f"{STORE}/groups/tea/{what}", {"remove": "1"}).status_code == 404


# Goods


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
        ({"lane": 5, "blocked": "refused"}, "ВК отклонил товар"),
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


def test_names_with_html_are_text(shop, owner, put):
    CachedGroup.objects.update(name="<script>alert(1)</script>")
    CachedStore.objects.update(name="<img src=x>")
    product = put("<script>alert(2)</script>", "tea", in_vk=True)
    for address in (*PAGES, f"{STORE}/products/{product.evotor_id}", f"{STORE}/groups?in=tea"):
        page = text(owner.get(address))
        assert "<script>alert" not in page and "<img src=x>" not in page


# One product


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


# Choices


def test_all_choices_have_names_and_can_be_taken_back(shop, owner, stranger, put):
    product = put("Чай чёрный")
    for kind, thing in (
        ("product", product.evotor_id),
        ("product", "vanished"),
        ("group", "tea"),
        ("group", "ungrouped"),
    ):
        set_choice(shop.user, kind, thing, "STORE", "exclude")
    page = text(owner.get("/catalog/filters"))
    assert all(name in page for name in ("Центр", "Чай чёрный", "Без группы", "vanished", "больше нет в Эвотор"))
    assert "Чай чёрный" in text(owner.get("/catalog/filters?q=ЧЕРНЫЙ"))
    assert "vanished" not in text(owner.get("/catalog/filters?q=ЧЕРНЫЙ"))
    ids = list(SyncFilter.objects.exclude(entity_type="store").values_list("pk", flat=True))
    for pk in ids:
        assert stranger.post(f"/catalog/filters/{pk}/forget").status_code == 404
        assert SyncFilter.objects.filter(pk=pk).exists()
        for _again in range(2):
            assert owner.post(f"/catalog/filters/{pk}/forget").status_code == 302
        assert not SyncFilter.objects.filter(pk=pk).exists()
    assert "Ничего не нашлось" in text(owner.get("/catalog/filters?q=нет"))


def test_taking_a_store_back_asks_for_its_goods_first(shop, owner, put):
    for number in range(10):
        put(f"Чай {number}", in_vk=True)
    address = f"/catalog/filters/{SyncFilter.objects.get().pk}/forget"
    assert "10 товаров" in text(owner.post(address))
    assert owner.post(address, {"confirm": "10"}).status_code == 302
    assert not SyncFilter.objects.exists()


def test_no_choices_yet(stranger, db):
    page = text(stranger.get("/catalog/filters"))
    assert "Касса Эвотор не подключена" in page and 'href="/evotor"' in page
    owner = browser(CachedStoreFactory().connection.user)
    assert "ещё ничего не включали" in text(owner.get("/catalog/filters"))


def test_a_choice_of_ones_own_is_named_by_what_it_follows(shop, owner, put):
    put("Чай чёрный", "tea")
    outside, inside = text(owner.get(f"{STORE}/groups")), text(owner.get(f"{STORE}/groups?in=tea"))
    assert ">Как у магазина<" in outside and ">Как у группы<" not in outside
    assert ">Как у группы<" in inside and ">Как у магазина<" not in inside
    assert ">Как у группы<" in text(owner.get(f"{STORE}/products"))


# How much it costs


@pytest.mark.parametrize("address", [*PAGES, f"{STORE}/groups?in=tea", f"{STORE}/products?q=чай&state=shown&group=tea"])
def test_more_rows_take_no_more_queries(shop, owner, put, address, django_assert_max_num_queries):
    put("Чай чёрный", "green", in_vk=True)
    set_choice(shop.user, "product", "id", "STORE", "exclude")
    set_choice(shop.user, "group", "tea", "STORE", "include")
    owner.get(address)
    with django_assert_max_num_queries(24) as few:
        owner.get(address)
    for number in range(30):
        CachedGroupFactory(store=shop.store, parent_id="tea" if number % 2 else "")
        put(f"Чай {number}", "tea" if number % 2 else "", in_vk=bool(number % 3))
        set_choice(shop.user, "product", f"id-{number}", "STORE", "exclude")
    with django_assert_max_num_queries(len(few)):
        owner.get(address)


def test_a_product_of_another_store_is_not_in_this_one(shop, owner):
    other = CachedProductFactory(store__connection=EvotorConnectionFactory(user=UserFactory()))
    assert owner.get(f"{STORE}/products/{other.evotor_id}").status_code == 404
    assert CachedProduct.objects.count() == 1
