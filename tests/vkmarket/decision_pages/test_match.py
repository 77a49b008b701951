"""`/sync/match`: what was made by hand beside the products that would become the same."""

from decimal import Decimal

import pytest
from django.db.models import Max
from django.test import Client

from catalog.models import SyncConfig
from catalog.refreshing import refresh
from sandbox import seed
from tests import factories
from tests.vkmarket.sync_pages.conftest import logged_in, text_of
from vkmarket import answering, tasks
from vkmarket.decision_pages.match import ON_PAGE
from vkmarket.models import Match

PATH, ANSWER, AGAIN = "/sync/match", "/sync/match/answer", "/sync/match/again"


@pytest.fixture
def pair(community, store, owner):
    """An item made by hand and the product of its name."""
    factories.SyncConfigFactory(user=owner, enabled=False)

    def make(name="Чай чёрный", *, title=None, price="100.00", sku="", article="", **fields) -> Match:
        item = factories.VkCachedProductFactory(
            community=community, title=title or name, sku=sku, price=Decimal(price), stock=3
        )
        product = factories.CachedProductFactory(store=store, name=name, article_number=article)
        return factories.MatchFactory(community=community, product=product, item_id=item.item_id, **fields)

    return make


@pytest.fixture
def choice(community, store):
    """A product, and the pairs of it with several items of its name."""
    product = factories.CachedProductFactory(store=store, name="Чай чёрный")

    def make(count: int) -> list[Match]:
        items = factories.VkCachedProductFactory.create_batch(count, community=community, title="Чай чёрный")
        return [factories.MatchFactory(community=community, product=product, item_id=one.item_id) for one in items]

    return make


def said(match: Match) -> str:
    match.refresh_from_db()
    return match.answer


def post(browser, path=ANSWER, **fields):
    return browser.post(path, fields, follow=True)


def test_both_sides_are_shown_with_a_link_and_a_reason(browser, pair, community):
    match = pair("Чай <Ассам>", title="ЧАЙ &lt;АССАМ&gt;", price="80.50", article="Ч-1", why=Match.Why.SKU, sku="Ч-1")
    text = text_of(browser.get(PATH))
    assert "Чай &lt;Ассам&gt;" in text and "Чай <Ассам>" not in text
    assert "80,50 ₽ · Ч-1" in text and "120,00 ₽ · Ч-1 · Центр" in text
    assert "<span>артикул" in text
    assert f"w=product-{community.group_id}_{match.item_id}" in text
    assert f'value="{match.pk}" checked' in text
    assert "когда вы включите синхронизацию" in text


def test_an_equal_sku_with_a_wholly_other_name_is_not_ticked(browser, pair):
    match = pair("Чай чёрный", title="Открытка", why=Match.Why.SKU, sku="1", article="1")
    text = text_of(browser.get(PATH))
    assert "названия разные: проверьте" in text
    assert f'value="{match.pk}" checked' not in text and f'name="pick" value="{match.pk}"' in text
    pair("Кофе")
    assert " checked" in text_of(browser.get(PATH))
    assert " checked" not in text_of(browser.get(PATH, {"tick": "none"}))


def test_those_that_are_ticked_are_taken_and_the_others_left(browser, pair, asked):
    tea, coffee = pair("Чай"), pair("Кофе")
    shown = [tea.pk, coffee.pk]
    text = text_of(post(browser, deed="take", pick=tea.pk, shown=shown))
    assert "Готово: 1 товар ВК будет взят под управление" in text and "Взять под управление: 1." in text
    assert (said(tea), said(coffee)) == ("take", "open")
    assert asked == [("publish_slice", (tea.community.connection.pk,), asked[0][2])]
    assert asked[0][2]["products"] == [tea.product_id]
    text = text_of(post(browser, deed="leave", shown=coffee.pk))
    assert "1 товар ВК останется как есть" in text and "Всё сопоставлено" in text
    assert (said(tea), said(coffee)) == ("take", "leave")


@pytest.mark.parametrize("enabled", [True, False])
def test_only_a_switch_that_is_off_is_offered(browser, pair, owner, enabled):
    pair("Чай", answer="take")
    SyncConfig.objects.filter(user=owner).update(enabled=enabled)
    text = text_of(browser.get(PATH))
    assert "Всё сопоставлено" in text and ("сразу включите синхронизацию" in text) != enabled


def test_leaving_the_others_leaves_the_ticked_ones_open(browser, pair):
    tea, coffee = pair("Чай"), pair("Кофе")
    post(browser, deed="leave", pick=tea.pk, shown=[tea.pk, coffee.pk])
    assert (said(tea), said(coffee)) == ("open", "leave")


def test_a_second_click_or_an_old_form_changes_nothing(browser, pair, asked):
    tea = pair("Чай")
    post(browser, deed="take", pick=tea.pk, shown=tea.pk)
    for deed in ("take", "leave"):
        text = text_of(post(browser, deed=deed, pick=tea.pk if deed == "take" else 0, shown=tea.pk))
        assert "уже решено" in text
    assert said(tea) == "take" and len(asked) == 1


def test_all_are_those_that_were_there_and_found(browser, pair):
    for number in range(55):
        pair(f"Чай номер {number}")
    coffee = pair("Кофе")
    text = text_of(browser.get(PATH, {"q": "чай"}))
    assert "Взять все: 55" in text and "1 из 2" in text and "Кофе" not in text
    upto = Match.objects.filter(search_text__contains="чай").aggregate(last=Max("pk"))["last"]
    assert f'name="upto" value="{upto}"' in text
    later = pair("Чай поздний")
    assert "55 товаров ВК будут взяты" in text_of(post(browser, deed="all", q="чай", upto=upto))
    assert (said(coffee), said(later)) == ("open", "open")
    assert Match.objects.filter(answer="take").count() == 55


def test_nothing_ticked_and_unknown_deeds_are_refused(browser, pair):
    tea = pair("Чай")
    assert "Отметьте товары" in text_of(post(browser, deed="take", shown=tea.pk))
    assert post(browser, deed="burn", shown=tea.pk).status_code == 404
    for junk in ("x", "-1", "9" * 30):
        post(browser, deed="take", pick=junk, shown=junk, upto=junk)
        post(browser, deed="all", upto=junk)
    assert said(tea) == "open"


def test_answers_that_nothing_followed_from_are_taken_back(browser, pair, community):
    tea, coffee = pair("Чай", answer="take"), pair("Кофе", answer="leave")
    listing = factories.ListingFactory(community=community, vk_item_id=5)
    factories.ListingSourceFactory(listing=listing, product=coffee.product)
    text = text_of(browser.get(PATH))
    assert "Взять под управление: 1." in text and "Оставить как есть" not in text
    post(browser, AGAIN)
    assert (said(tea), said(coffee)) == ("open", "leave")
    post(browser, deed="leave", shown=tea.pk)
    factories.ListingSourceFactory(
        listing=factories.ListingFactory(community=community, vk_item_id=6), product=tea.product
    )
    assert "изменить их нельзя" in text_of(post(browser, AGAIN))


def test_what_is_not_matched_is_told(browser, pair):
    for _twice in range(2):
        pair("Чай чёрный", answer="unclear")
    text = text_of(browser.get(PATH))
    assert "Не сопоставлено: на кассе одинаковые товары" in text
    assert "Новыми появятся в ВК: 2." in text and text.count("<li>Чай чёрный</li>") == 2
    assert "не повторит" not in text


def test_of_several_items_one_is_chosen_and_none_is_proposed(browser, choice, asked):
    first, second, third = choice(3)
    text = text_of(browser.get(PATH))
    field = f"pick-{first.product_id}"
    assert text.count(f'type="radio" name="{field}"') == 3 and " checked" not in text
    assert "выберите один: он и станет этим товаром" in text
    shown = [first.pk, second.pk, third.pk]
    told = text_of(browser.post(ANSWER, {"deed": "take", field: second.pk, "shown": shown}, follow=True))
    assert "1 товар ВК будет взят под управление" in told and 'type="radio"' not in told
    assert (said(first), said(second), said(third)) == ("open", "take", "open")
    assert asked[0][2]["products"] == [first.product_id]
    for deed in ("take", "leave"):
        told = text_of(browser.post(ANSWER, {"deed": deed, field: first.pk if deed == "take" else 0, "shown": shown}))
    assert (said(first), said(second), said(third)) == ("open", "take", "open") and len(asked) == 1


def test_two_of_several_are_not_taken_by_a_made_up_form(browser, choice):
    pairs = choice(2)
    text = text_of(post(browser, deed="take", pick=[one.pk for one in pairs], shown=[one.pk for one in pairs]))
    assert "уже решено" in text and {said(one) for one in pairs} == {"open"}


def test_all_leaves_out_where_one_has_to_be_chosen(browser, pair, choice):
    pairs = choice(2)
    singles = [pair(f"Мёд номер {number}") for number in range(ON_PAGE)]
    text = text_of(browser.get(PATH))
    assert f"Взять все: {ON_PAGE}" in text
    upto = Match.objects.aggregate(last=Max("pk"))["last"]
    post(browser, deed="all", upto=upto)
    assert {said(one) for one in singles} == {"take"} and {said(one) for one in pairs} == {"open"}


def test_before_there_is_anything_to_compare_the_page_says_what_comes_first(browser, owner, community):
    assert "Сначала подключите Эвотор" in text_of(browser.get(PATH))
    till = factories.EvotorConnectionFactory(user=owner)
    assert "Сначала включите магазин" in text_of(browser.get(PATH))
    store = factories.CachedStoreFactory(connection=till)
    assert "Сначала включите магазин" in text_of(browser.get(PATH))
    factories.SyncFilterFactory(user=owner, entity_id=store.evotor_id)
    text = text_of(browser.get(PATH))
    assert "Сначала выберите категорию ВК" in text and 'href="/sync#preferences"' in text
    group = factories.CachedGroupFactory(store=store, vk_category_id=5001)
    assert "Товары ВК ещё не прочитаны" in text_of(browser.get(PATH))
    community.market_read_at = factories.MOMENT
    community.save()
    assert "Сопоставлять нечего" in text_of(browser.get(PATH))
    group.delete()
    config = factories.SyncConfigFactory(user=owner)
    assert "Сопоставлять нечего" in text_of(browser.get(PATH))
    config.delete()
    assert "Сначала выберите категорию ВК" in text_of(browser.get(PATH))


def test_an_item_that_vanished_meanwhile_is_not_offered(browser, pair):
    match = pair("Чай")
    match.item_id = 999_999
    match.save()
    assert "Чай" not in text_of(browser.get(PATH)).split("<main")[1]


def test_a_stranger_sees_and_answers_nothing(stranger, newcomer, pair):
    tea = pair("Чай")
    assert "Сначала подключите Эвотор" in text_of(stranger.get(PATH))
    for deed in ("take", "leave"):
        assert "уже решено" in text_of(post(stranger, deed=deed, pick=tea.pk if deed == "take" else 0, shown=tea.pk))
    post(stranger, deed="all", upto=10**9)
    post(stranger, AGAIN)
    assert said(tea) == "open"
    assert "ВКонтакте не подключён" in text_of(newcomer.get(PATH))
    assert [newcomer.post(path).status_code for path in (ANSWER, AGAIN)] == [404, 404]
    for path in (PATH, ANSWER, AGAIN):
        assert Client().post(path).status_code in (302, 405)
    assert Client().get(PATH).url.startswith("/login?next=")
    assert stranger.get(ANSWER).status_code == 405


def test_the_other_pages_lead_to_it(browser, pair):
    assert "/sync/match" not in text_of(browser.get("/sync")).split("<main")[1]
    assert "Сопоставить" not in text_of(browser.get("/profile"))
    tea = pair("Чай")
    pages = [text_of(browser.get(path)).split("<main")[1] for path in ("/sync", "/profile", "/sync/decisions")]
    assert all("/sync/match" in page for page in pages)
    assert "В ВК уже есть 1 товар, похожий" in pages[0]
    assert 'Сопоставить</a><span class="visually-hidden">: ещё не сделано' in pages[1]
    answering.say(tea.community, Match.objects.all(), answering.LEAVE)
    pages = [text_of(browser.get(path)).split("<main")[1] for path in ("/sync", "/profile", "/sync/decisions")]
    assert "/sync/match" not in pages[0] + pages[2]
    assert 'Сопоставить</a><span class="visually-hidden">: сделано' in pages[1]


def test_refreshing_comes_back_here(browser, asked, pair):
    pair("Чай")
    assert 'name="next" value="/sync/match"' in text_of(browser.get(PATH))
    assert browser.post("/vk-catalog/refresh", {"next": PATH}).url == PATH
    assert browser.post("/vk-catalog/refresh", {"next": "//elsewhere.example"}).url == "/vk-catalog/albums"


def test_the_page_costs_the_same_for_many(browser, pair, django_assert_max_num_queries):
    for count in (1, 40):
        for number in range(count):
            pair(f"Чай номер {number}")
            pair(f"Кофе номер {number}", answer="unclear")
        with django_assert_max_num_queries(15):
            assert browser.get(PATH).status_code == 200
        with django_assert_max_num_queries(12):
            post_all = {"deed": "leave", "shown": list(Match.objects.values_list("pk", flat=True)[:1])}
            browser.post(ANSWER, post_all)


@pytest.mark.django_db(transaction=True)
def test_a_shop_filled_by_hand_is_matched_from_the_page(shop, sandbox, merchant, sync):
    shop.put("Чай чёрный", price="150.00")
    shop.put("Кофе молотый")
    tea = sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Чай чёрный", price=10_000)
    sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Кофе молотый")
    browser = logged_in(merchant)
    browser.post("/sync/off")
    refresh(merchant.evotor)
    tasks.publish_slice(merchant.vk.pk, read=True)
    text = text_of(browser.get(PATH))
    assert text.count('name="pick"') == 2 and f"{seed.VK_GROUP_ID}" in text
    both = list(Match.objects.values_list("pk", flat=True))
    taken = Match.objects.get(item_id=tea).pk
    post(browser, deed="take", pick=taken, shown=both)
    post(browser, deed="leave", shown=[pk for pk in both if pk != taken])
    browser.post("/sync/on")
    sync()
    assert shop.titles() == ["Кофе молотый", "Кофе молотый", "Чай чёрный"]
    assert shop.prices()["Чай чёрный"] == 150
