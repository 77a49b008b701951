"""What becomes of a change is said as it will be: the switch on, off, or no store on."""

import pytest

from catalog.models import SyncConfig
from connections.models import VkConnection
from tests import factories
from tests.vkmarket.sync_pages.conftest import text_of

ON = "Изменения появятся в ВК в ближайшие минуты."
OFF = "Изменения уйдут в ВК, когда вы включите синхронизацию."
NOTHING = "Ни один магазин не включён: пока это так, товаров кассы в ВК не будет."
STANDING = [(True, True, ON), (False, True, OFF), (False, False, OFF), (True, False, NOTHING)]


@pytest.fixture
def stand(owner, store):
    """The switch and the store as they are to be."""

    def make(enabled: bool, store_on: bool) -> None:
        factories.SyncConfigFactory(user=owner, enabled=enabled)
        # A store that Evotor shows no more is no store.
        gone = factories.CachedStoreFactory(connection=store.connection, absent_since=factories.MOMENT)
        for one in [gone, store] if store_on else [gone]:
            factories.SyncFilterFactory(user=owner, entity_id=one.evotor_id, mode="include")

    return make


@pytest.fixture
def doors(store, community):
    """Every address that says what becomes of a change, with a form for it."""
    product, group = factories.CachedProductFactory(store=store), factories.CachedGroupFactory(store=store)
    category = factories.VkCategoryFactory().category_id
    run = factories.SyncRunFactory(community=community, status="preview", finished_at=factories.MOMENT)
    here = f"/catalog/stores/{store.evotor_id}"
    return {
        # The first: any change makes it one of before.
        f"/sync/preview/{run.pk}/approve": {},
        f"{here}/groups/{group.evotor_id}/toggle": {"mode": "exclude"},
        f"{here}/products/{product.evotor_id}/toggle": {"mode": "include"},
        f"{here}/products/toggle": {"mode": "inherit", "product": product.evotor_id},
        f"{here}/products/{product.evotor_id}/text": {"own_text": "Листовой, сто граммов"},
        f"{here}/products/{product.evotor_id}/picture": {"remove": "1"},
        f"{here}/groups/{group.evotor_id}/category": {"category": category},
        f"{here}/groups/{group.evotor_id}/picture": {"remove": "1"},
        "/sync/settings": {"markup_percent": "15", "rounding": "none", "card_color": "#112233"},
        "/sync/decisions/category": {"category": category},
    }


@pytest.mark.parametrize(("enabled", "store_on", "said"), STANDING)
def test_every_door_promises_what_will_be(browser, stand, doors, asked, enabled, store_on, said):
    stand(enabled, store_on)
    for address, form in doors.items():
        text = text_of(browser.post(address, form, follow=True))
        assert said in text, address
        assert not [other for other in (ON, OFF, NOTHING) if other != said and other in text], address


BROKEN = {"is_online": False, "last_checked_at": factories.MOMENT, "last_error": "token"}
MISSING = [
    ({"access_token": "", "community": None}, {}, "ВКонтакте не подключён: изменения уйдут в ВК, когда вы его подкл"),
    (BROKEN, {}, "ВКонтакте сейчас не принимает изменения, они ждут. Токен не принят."),
    ({}, {"stopped_at": factories.MOMENT}, "Синхронизация остановлена: изменения уйдут со следующей."),
]


@pytest.mark.parametrize(("connection", "config", "said"), MISSING)
def test_with_the_switch_on_it_is_said_what_is_missing(browser, owner, stand, doors, asked, connection, config, said):
    stand(True, True)
    SyncConfig.objects.filter(user=owner).update(**config)
    VkConnection.objects.filter(user=owner).update(**connection)
    kept = {address: form for address, form in doors.items() if address.startswith(("/catalog", "/sync/settings"))}
    for address, form in kept.items():
        text = text_of(browser.post(address, form, follow=True))
        assert said in text and ON not in text, address
    for page in ("/catalog/stores", "/sync"):
        assert said.partition(":")[0].partition(".")[0] in text_of(browser.get(page)), page


@pytest.mark.parametrize(("store_on", "said"), [(True, ON), (False, NOTHING)])
def test_switching_on_promises_no_goods_of_no_store(browser, owner, stand, asked, store_on, said):
    stand(False, store_on)
    assert f"Синхронизация включена. {said}" in text_of(browser.post("/sync/on", follow=True))
    assert SyncConfig.objects.get(user=owner).enabled


def test_the_store_itself_makes_the_difference(browser, store, stand, asked):
    stand(True, True)
    address = f"/catalog/stores/{store.evotor_id}/toggle"
    assert f"Магазин выключен. {NOTHING}" in text_of(browser.post(address, {"mode": "exclude"}, follow=True))
    assert f"Магазин включён. {ON}" in text_of(browser.post(address, {"mode": "include"}, follow=True))
