"""What the pages of a store say that has nothing to show: why, and what to do."""

import pytest

from catalog.models import CachedGroup
from connections.models import EvotorConnection
from tests.factories import MOMENT

pytestmark = pytest.mark.django_db
PAGES = ("/catalog/stores/STORE/groups", "/catalog/stores/STORE/products")


@pytest.fixture(params=PAGES)
def page(request, shop, owner):
    """What a page says of the store in this state."""
    CachedGroup.objects.all().delete()

    def told(light="", **fields) -> str:
        EvotorConnection.objects.update(last_error=light)
        for name, value in fields.items():
            setattr(shop.store, name, value)
        shop.store.save()
        return owner.get(request.param).content.decode().split("<main")[1]

    return told


def test_a_store_that_was_never_read_is_not_called_empty(page):
    told = page()
    assert "ещё не прочитан" in told and "Заведите товары" not in told


def test_a_store_that_was_read_and_has_nothing_is(page):
    assert "Заведите товары в Эвотор" in page(complete_at=MOMENT)


def test_a_right_that_is_missing_is_named_with_where_to_give_it(page):
    for complete_at in (None, MOMENT):
        told = page("no_products", error="forbidden", complete_at=complete_at)
        assert "product:read" in told and "dev.evotor.ru" in told and 'href="/connections"' in told
        assert "Заведите товары" not in told
    # The right came back, and the store was not read since.
    assert "нет прав на товары этого магазина" in page(error="forbidden")


def test_any_other_trouble_is_told_as_it_is(page):
    assert "не установлено на кассы" in page(error="not_installed")
    assert "из другого аккаунта Эвотор" in page(error="other_account", absent_since=MOMENT)
