"""The list of all that was switched by hand, each with its name and the way back."""

import pytest

from catalog.choices import set_choice
from catalog.models import SyncFilter
from tests.factories import CachedStoreFactory
from tests.vkmarket.catalog_pages.conftest import browser, text

pytestmark = pytest.mark.django_db


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
