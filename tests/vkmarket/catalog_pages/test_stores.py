"""The list of stores: what it says of each, and of a till that was not read yet."""

import pytest

from catalog.models import CachedStore, SyncConfig
from connections.models import EvotorConnection
from evosync.base import clock
from tests.factories import CachedStoreFactory, EvotorConnectionFactory, SyncConfigFactory
from tests.vkmarket.catalog_pages.conftest import browser, text

pytestmark = pytest.mark.django_db


def test_the_catalog_leads_to_the_stores(owner):
    assert owner.get("/catalog").url == "/catalog/stores"


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
    put("Ушедший и скрытый", absent_since="2026-03-06T11:30:00Z", listing={"hold": "absent"})
    CachedStore.objects.update(error="not_installed", complete_at="2026-03-06T11:30:00Z")
    page = text(owner.get("/catalog/stores"))
    figures = [part.split("</dd>")[0] for part in page.split("<dd>")[1:5]]
    assert figures == ["5", "3", "1", "3"]
    assert "Приложение не установлено" in page and "06.03.2026 14:30" in page


def test_the_master_switch_that_is_off_is_told(shop, owner):
    assert "когда вы включите синхронизацию" not in text(owner.get("/catalog/stores"))
    SyncConfig.objects.update(enabled=False)
    assert "когда вы включите синхронизацию" in text(owner.get("/catalog/stores"))
