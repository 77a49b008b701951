"""`/sync/decisions`: every case with its words and buttons, and who may answer."""

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.models import SyncConfig
from evosync.base import clock
from tests import factories
from tests.vkmarket.sync_pages.conftest import text_of
from vkmarket import waiting
from vkmarket.items import Item
from vkmarket.models import Listing, SyncRun
from vkmarket.sync_pages import live

ITEM = Item("Чай чёрный", "Листовой, сто граммов", Decimal("120.00"), 5001, 5, True, photo="card:1")
SEEN = {
    **{"title": "Чай <b>даром</b>", "description": ITEM.description, "price": "120.00", "stock": 5},
    **{"availability": 0, "category_id": 5001, "albums": [], "photos": [1]},
}
CASES = {
    "removals": {"blocked": "guard_removals", "hold": "absent"},
    "prices": {"blocked": "guard_prices"},
    "creates": {"blocked": "guard_creates", "vk_item_id": None, "sent": None},
    "alike": {"hold": "ambiguous_rebind", "vk_item_id": None, "sent": None},
    "drift": {"drift": ["name"], "seen": SEEN},
    "deleted": {"blocked": "deleted_in_vk"},
    "unsettled": {"blocked": "unsettled", "vk_item_id": None, "sent": None, "unsettled_since": factories.MOMENT},
    "refused": {"blocked": "refused", "error_code": 1408, "error_text": "Links in description are bad"},
}


def questions(community) -> int:
    """How many decisions the badge says."""
    return live.look(community.connection.user).questions


@pytest.fixture
def case(community, store):
    """A good of the community that waits for this reason."""

    def make(code, name="Чай чёрный", **fields) -> Listing:
        product = factories.CachedProductFactory(store=store, name=name, barcodes=[])
        number = Listing.objects.count() + 1
        told = {"wanted": ITEM.to_json(), "wanted_hash": f"h{number}", "sent": ITEM.to_json(), "vk_item_id": number}
        told |= {"written_at": factories.MOMENT, **CASES.get(code, {}), **fields}
        listing = factories.ListingFactory(community=community, **told)
        factories.ListingSourceFactory(listing=listing, product=product)
        return listing

    return make


@pytest.mark.parametrize("code", CASES)
def test_every_case_has_its_page_its_words_and_its_buttons(browser, case, code, community):
    case(code)
    asked = waiting.BY_CODE[code]
    text = text_of(browser.get("/sync/decisions"))
    assert str(asked.title) in text and f"/sync/decisions/{code}" in text
    text = text_of(browser.get(f"/sync/decisions/{code}"))
    assert "Чай чёрный" in text
    for deed in asked.deeds:
        assert str(deed.label) in text and str(deed.words) in text
    assert questions(community) == 1


@pytest.mark.parametrize("code", CASES)
def test_a_stranger_sees_and_answers_nothing(stranger, case, code, asked):
    listing = case(code)
    assert "Чай чёрный" not in text_of(stranger.get(f"/sync/decisions/{code}"))
    for deed in waiting.BY_CODE[code].deeds:
        stranger.post(f"/sync/decisions/{code}/answer", {"deed": deed.code, "pick": listing.pk, "shown": "x"})
    stranger.post(f"/sync/decisions/{code}/answer", {"deed": f"rebind:{listing.pk}", "choice": "1"})
    before = Listing.objects.get()
    assert (before.blocked, before.hold, before.drift) == (listing.blocked, listing.hold, listing.drift)


@pytest.mark.django_db
def test_nobody_and_nothing(client, newcomer, browser):
    assert client.get("/sync/decisions").headers["Location"] == "/login?next=/sync/decisions"
    assert "ВКонтакте не подключён" in text_of(newcomer.get("/sync/decisions"))
    assert newcomer.get("/sync/decisions/drift").status_code == 404
    assert "Решать пока нечего." in text_of(browser.get("/sync/decisions"))
    assert "больше нечего" in text_of(browser.get("/sync/decisions/drift"))
    assert browser.get("/sync/decisions/nonsense").status_code == 404
    assert browser.get("/sync/decisions/drift/answer").status_code == 405


def test_with_nothing_to_decide_it_goes_by_itself_only_where_it_goes(browser, owner, store):
    text = text_of(browser.get("/sync/decisions"))
    assert "Решать пока нечего." in text and "когда вы включите синхронизацию" in text and "всё идёт само" not in text
    factories.SyncConfigFactory(user=owner, enabled=True)
    factories.SyncFilterFactory(user=owner, entity_type="store", entity_id=store.evotor_id, mode="include")
    text = text_of(browser.get("/sync/decisions"))
    assert "Решать нечего: всё идёт само." in text and "когда вы включите" not in text


def test_a_guards_question_is_answered_for_what_was_shown(browser, case, community, asked, owner):
    run = SyncRun.objects.create(community=community, status="waiting")
    for _ in range(3):
        case("removals")
    page = browser.get("/sync/decisions/removals")
    assert questions(community) == 1
    case("removals")
    form = {"deed": "allow", "shown": page.context["shown"]}
    text = text_of(browser.post("/sync/decisions/removals/answer", form, follow=True))
    assert "список изменился" in text and asked == []
    form["shown"] = browser.get("/sync/decisions/removals").context["shown"]
    for _ in range(2):
        browser.post("/sync/decisions/removals/answer", form)
    assert not Listing.objects.exclude(blocked="").exists() and len(asked) == 1
    run.refresh_from_db()
    assert run.approved_by == owner


def test_what_was_left_is_told_and_counted_no_more(browser, case, community, owner):
    case("prices")
    form = {"deed": "leave", "shown": browser.get("/sync/decisions/prices").context["shown"]}
    browser.post("/sync/decisions/prices/answer", form)
    text = text_of(browser.get("/sync/decisions"))
    assert "Вы оставили как есть: 1 товар" in text and questions(community) == 0
    assert Listing.objects.get().blocked == "guard_prices"


def test_of_ticked_goods_alone_the_answer_is_true(browser, case, asked):
    first, second = case("refused"), case("refused")
    text = text_of(browser.post("/sync/decisions/refused/answer", {"deed": "try_again"}, follow=True))
    assert "Отметьте товары" in text
    form = {"deed": "try_again", "pick": [first.pk, "nonsense", "9" * 40, "9" * 5000]}
    assert "Готово: 1 товар" in text_of(browser.post("/sync/decisions/refused/answer", form, follow=True))
    assert "уже решено" in text_of(browser.post("/sync/decisions/refused/answer", form, follow=True))
    assert {row.pk: row.blocked for row in Listing.objects.all()} == {first.pk: "", second.pk: "refused"}
    assert len(asked) == 1
    assert browser.post("/sync/decisions/refused/answer", {"deed": "create_again", "pick": [1]}).status_code == 404


def test_vks_words_are_told_in_ours_and_markup_is_text(browser, case):
    case("refused", name="<script>alert(1)</script>")
    text = text_of(browser.get("/sync/decisions/refused"))
    assert "ВК не принял ссылки в описании" in text and "1408" not in text and "Links in" not in text
    assert "<script>alert" not in text
    case("drift")
    assert "в ВК «Чай &lt;b&gt;даром&lt;/b&gt;»" in text_of(browser.get("/sync/decisions/drift"))


def test_stock_that_nobody_counts_has_one_word(browser, case):
    case("drift", drift=["stock", "price"], seen={**SEEN, "stock": -1, "price": None})
    text = text_of(browser.get("/sync/decisions/drift"))
    assert "Остаток: у нас 5, в ВК есть" in text and "Цена: у нас 120,00 ₽, в ВК —" in text


def test_a_good_that_looks_like_others_is_offered_them(browser, case, asked):
    gone = [case("", hold="ambiguous_rebind") for _ in range(2)]
    for listing in gone:
        type(listing.source.product).objects.filter(pk=listing.source.product_id).update(absent_since=clock.now())
    new = case("alike")
    text = text_of(browser.get("/sync/decisions/alike"))
    assert text.count('<option value="') == 3
    for chosen in ("", "чай", "9" * 40, "9" * 5000):
        form = {"deed": f"rebind:{new.pk}", f"choice_{new.pk}": chosen}
        text = text_of(browser.post("/sync/decisions/alike/answer", form, follow=True))
        assert "Выберите, который" in text
    form = {"deed": f"rebind:{new.pk}", f"choice_{new.pk}": gone[1].pk}
    browser.post("/sync/decisions/alike/answer", form)
    assert Listing.objects.get(source__product=new.source.product).pk == gone[1].pk


@pytest.mark.parametrize("typed", ["77", "https://vk.com/market-225463001?w=product-225463001_77", " 77 "])
def test_an_item_of_vk_is_named_by_link_or_number(browser, case, community, typed):
    factories.VkCachedProductFactory(community=community, item_id=77)
    listing = case("unsettled", wanted=ITEM.to_json())
    form = {"deed": f"this_is_it:{listing.pk}", f"choice_{listing.pk}": typed}
    browser.post("/sync/decisions/unsettled/answer", form)
    assert Listing.objects.get().vk_item_id == 77


@pytest.mark.parametrize("typed", ["", "78", "чай", "9" * 40])
def test_an_item_that_is_not_there_is_refused_with_a_word(browser, case, community, typed):
    listing = case("unsettled")
    form = {"deed": f"this_is_it:{listing.pk}", f"choice_{listing.pk}": typed}
    text = text_of(browser.post("/sync/decisions/unsettled/answer", form, follow=True))
    assert "свободного товара в сообществе нет" in text and Listing.objects.get().vk_item_id is None


def test_enter_in_a_field_means_the_button_beside_it(browser, case):
    """The first button of its form: so each good has a form of its own."""
    for listing in (case("unsettled"), case("unsettled")):
        page = browser.get("/sync/decisions/unsettled").content.decode()
        field, button = f'name="choice_{listing.pk}"', f'value="this_is_it:{listing.pk}"'
        for mark in (field, button):
            (tag,) = (part for part in page.split("<") if mark in part)
            assert f'form="one{listing.pk}"' in tag
        assert f'<form method="post" id="one{listing.pk}" action="/sync/decisions/unsettled/answer">' in page


def test_goods_without_a_category_and_unknown_marks_are_one_question_each(browser, case, community, asked):
    factories.SyncConfigFactory(user=community.connection.user, default_category_id=None)
    for _ in range(3):
        factories.ListingFactory(community=community, hold="no_category")
    factories.VkCachedProductFactory(community=community, sku="ES0123456789")
    SyncRun.objects.create(community=community, status="waiting", verdict={"marks": {"items": 1}})
    assert questions(community) == 2
    assert "Не выбрана категория" in text_of(browser.get("/sync/decisions"))
    for words in ("берём эти товары", "уже решено"):
        assert words in text_of(browser.post("/sync/decisions/marks", follow=True))
    assert len(asked) == 1


def test_the_missing_category_is_picked_where_it_is_asked_for(browser, stranger, community, owner, asked):
    factories.SyncConfigFactory(user=owner, default_category_id=None)
    factories.ListingFactory(community=community, hold="no_category")
    tea, coffee = factories.VkCategoryFactory(path="Продукты / Чай"), factories.VkCategoryFactory(path="Кофе")
    page = text_of(browser.get("/sync/decisions", {"q": "чай"}))
    assert f'value="{tea.category_id}"' in page and f'value="{coffee.category_id}"' not in page
    for wrong in ("", "999", "x"):
        told = browser.post("/sync/decisions/category", {"category": wrong}, follow=True)
        assert "Выберите категорию из списка" in text_of(told)
    stranger.post("/sync/decisions/category", {"category": coffee.category_id})
    assert SyncConfig.objects.get(user=owner).default_category_id is None
    for _turn in range(2):
        told = browser.post("/sync/decisions/category", {"category": tea.category_id}, follow=True)
        assert "Категория сохранена" in text_of(told)
    assert SyncConfig.objects.get(user=owner).default_category_id == tea.category_id
    assert asked and browser.get("/sync/decisions/category").status_code == 405


@pytest.mark.parametrize("code", CASES)
def test_the_number_of_queries_is_constant(browser, case, code, django_assert_max_num_queries):
    case(code)
    with django_assert_max_num_queries(16):
        browser.get(f"/sync/decisions/{code}")
    for _ in range(30):
        case(code, unsettled_since=clock.now() - timedelta(days=2) if code == "unsettled" else None)
    with django_assert_max_num_queries(16):
        browser.get(f"/sync/decisions/{code}")
    with django_assert_max_num_queries(12):
        browser.get("/sync/decisions")
