"""A list of goods is cut down to a group, or to a reason: the controls, and the links that lead there."""

import pytest

from catalog.models import CachedGroup
from tests.factories import CachedGroupFactory, CachedProductFactory, CachedStoreFactory, ListingFactory
from tests.factories import ListingSourceFactory as Source
from vkmarket.models import Listing

from .conftest import text
from .test_products import names

pytestmark = pytest.mark.django_db
GOODS = "/catalog/stores/STORE/products"
OPTIONS = "/catalog/stores/STORE/group-options"


def offered(page: str) -> list[tuple[str, str]]:
    """(Address, name) of each group that can be picked."""
    links = page.split('<ul class="tally">')[1].split("</ul>")[0].split('<a href="')[1:]
    return [(link.split('"')[0], link.split(">")[1].split("<")[0]) for link in links]


def test_the_groups_that_lie_in_no_other_are_offered_first(shop, owner, put):
    page = text(owner.get(OPTIONS))
    assert offered(page) == [
        (GOODS, "Все группы"),
        (f"{GOODS}?group=ungrouped", "Без группы"),
        (f"{GOODS}?group=tea", "Чай"),
    ]
    assert "<html" not in page


def test_groups_are_found_wherever_they_lie_with_those_above(shop, owner):
    CachedGroupFactory(store=shop.store, name="Зелёный кофе", absent_since="2026-03-06T11:30:00Z")
    page = text(owner.get(OPTIONS, {"groups": "ЗЕЛЕНЫЙ"}))
    assert offered(page) == [(f"{GOODS}?group=green", "Зелёный чай")] and "<small" in page and "Чай</small>" in page
    assert "Такой группы нет" in text(owner.get(OPTIONS, {"groups": "мёд"}))


def test_what_else_was_asked_for_stays_so(shop, owner):
    asked = {"q": "Ассам & Ко", "state": "shown", "sort": "dear", "why": "", "group": "green", "page": "7"}
    page = text(owner.get(OPTIONS, asked | {"groups": "чай"}))
    kept = "q=%D0%90%D1%81%D1%81%D0%B0%D0%BC+%26+%D0%9A%D0%BE&amp;state=shown&amp;sort=dear"
    assert offered(page) == [
        (f"{GOODS}?{kept}&amp;group=green", "Зелёный чай"),
        (f"{GOODS}?{kept}&amp;group=tea", "Чай"),
    ]
    assert page.count('aria-current="true"') == 1


def test_without_javascript_the_page_shows_what_was_found(shop, owner, put):
    put("Сенча", "green")
    assert "<details" in text(owner.get(GOODS)) and "open" not in text(owner.get(GOODS)).split("<details")[1][:40]
    page = text(owner.get(GOODS, {"groups": "зелёный", "group": "tea"}))
    assert f'href="{GOODS}?group=green"' in page and "open" in page.split("<details")[1][:40]
    assert names(page) == ["Сенча"] and "Группа: Чай" in page.replace("  ", " ")


def test_of_very_many_some_are_shown_and_that_is_said(shop, owner, django_assert_max_num_queries):
    CachedGroup.objects.bulk_create(CachedGroupFactory.build(store=shop.store, name=f"Раздел {n}") for n in range(500))
    with django_assert_max_num_queries(8):
        page = text(owner.get(OPTIONS, {"groups": "раздел"}))
    assert len(offered(page)) == 30 and "Показаны не все" in page


def test_the_picker_is_its_owners(shop, owner, stranger, client):
    assert stranger.get(OPTIONS).status_code == 404
    assert client.get(OPTIONS).url.startswith("/login")
    assert owner.post(OPTIONS).status_code == 405


# Reasons


def test_goods_are_cut_down_to_a_reason(shop, owner, put):
    put("Без цены", "tea", listing={"hold": "zero_price"})
    put("Водка", listing={"hold": "alcohol"})
    put("Удалён", in_vk=True, listing={"blocked": "deleted_in_vk"})
    put("Удалён и выключен", in_vk=True, listing={"blocked": "deleted_in_vk", "hold": "excluded"})
    put("Чай")
    page = text(owner.get(GOODS, {"why": "zero_price"}))
    assert names(page) == ["Без цены"] and "<b>Цена не указана</b>" in page
    assert '<input type="hidden" name="why" value="zero_price">' in page
    assert names(text(owner.get(GOODS, {"why": "deleted_in_vk"}))) == ["Удалён"]
    assert names(text(owner.get(GOODS, {"why": "zero_price", "group": "green"}))) == []
    assert len(names(text(owner.get(GOODS, {"why": "nonsense"})))) == 5
    table = b"".join(owner.get(f"{GOODS}.csv", {"why": "alcohol"}).streaming_content).decode()
    assert "Водка" in table and "Без цены" not in table


def test_all_that_a_reason_holds_is_switched_at_once(shop, owner, put):
    put("Без цены", listing={"hold": "zero_price"})
    put("Чай")
    owner.post(f"{GOODS}/toggle", {"mode": "exclude", "all": "1", "why": "zero_price"})
    assert shop.user.sync_filters.filter(entity_type="product", mode="exclude").count() == 1


def test_reasons_lead_to_the_lists_of_their_goods(shop, owner, put):
    for number in range(2):
        put(f"Без цены {number}", listing={"hold": "zero_price"})
    page = text(owner.get("/sync"))
    assert f'<a href="{GOODS}?why=zero_price">Цена не указана</a>' in page
    other = CachedStoreFactory(connection=shop.store.connection, evotor_id="SOUTH", name="Юг")
    listing = ListingFactory(community=shop.community, hold="zero_price")
    Source(listing=listing, product=CachedProductFactory(store=other))
    for path in ("/sync", "/sync/state"):
        page = text(owner.get(path))
        assert f'<a href="{GOODS}?why=zero_price">Центр: 2</a>' in page
        assert '<a href="/catalog/stores/SOUTH/products?why=zero_price">Юг: 1</a>' in page


def test_a_reason_names_the_stores_with_the_most_of_its_goods(shop, owner):
    for number in range(7):
        store = CachedStoreFactory(connection=shop.store.connection, evotor_id=f"S{number}", name=f"Магазин {number}")
        for _good in range(number + 1):
            listing = ListingFactory(community=shop.community, hold="zero_price")
            Source(listing=listing, product=CachedProductFactory(store=store))
    page = text(owner.get("/sync"))
    assert "Магазин 6: 7" in page and "Магазин 2: 3" in page and "Магазин 1: 2" not in page
    assert Listing.objects.count() == 28
