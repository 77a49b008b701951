"""Whole runs of the main job against the sandbox, over real HTTP."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.choices import set_choice
from catalog.models import CachedStore
from evosync.base import clock
from sandbox import seed
from vkmarket.models import Listing

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_product_appears_in_vk(shop, sync):
    shop.put("Чай «Ахмад» 100 г", price="120.50", quantity=7)
    outcome = sync()
    (item,) = shop.visible()
    assert (outcome.code, outcome.created, outcome.confirmed) == (0, 1, 1)
    assert shop.prices() == {"Чай «Ахмад» 100 г": Decimal("120.50")}
    assert Listing.objects.get().vk_item_id == item["id"]


def test_a_second_run_changes_nothing(shop, sync, writes):
    for number in range(30):
        shop.put(f"Товар номер {number}", price=f"{number + 1}.99")
    assert sync().created == 30
    writes()
    with CaptureQueriesContext(connection) as queries:
        outcome = sync()
    written = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    goods = ("cached_products", "vk_cached_products", "listings", "attempts", "cached_groups")
    assert [sql for sql in written if any(f'"{table}"' in sql for table in goods)] == []
    assert writes() == []
    assert (outcome.created, outcome.updated, outcome.confirmed, outcome.waiting) == (0, 0, 30, 0)


def test_only_the_changed_field_is_edited(shop, sync, sandbox, writes):
    tea = shop.put("Чай чёрный", price="120.00")
    sync()
    writes()
    shop.put("Чай чёрный", price="135.00", id=tea)
    sync()
    assert writes() == ["market.edit"]
    edit = [e for e in sandbox.journal.entries(method="market.edit")][-1]
    assert set(edit["params"]) == {"owner_id", "item_id", "price"}
    assert shop.prices() == {"Чай чёрный": Decimal("135.00")}


@pytest.mark.parametrize("price", ["0.29", "19.99", "9999999.99"])
def test_money_arrives_to_the_kopeck(shop, sync, price):
    shop.put("Чай чёрный", price=price)
    sync()
    assert shop.prices() == {"Чай чёрный": Decimal(price)}


def test_a_product_that_left_the_till_is_hidden(shop, sync):
    tea = shop.put("Чай чёрный")
    shop.put("Кофе молотый")
    sync()
    shop.remove(tea)
    outcome = sync()
    assert shop.titles() == ["Кофе молотый"]
    assert len(shop.items()) == 2
    assert outcome.hidden == 1


def test_what_is_switched_off_or_not_for_sale_is_hidden(shop, sync, merchant):
    tea, coffee = shop.put("Чай чёрный"), shop.put("Кофе молотый")
    sync()
    set_choice(merchant, "product", tea, shop.store, "exclude")
    shop.put("Кофе молотый", id=coffee, allow_to_sell=False)
    assert sync().hidden == 2
    assert shop.visible() == []
    set_choice(merchant, "product", tea, shop.store, "inherit")
    sync()
    assert shop.titles() == ["Чай чёрный"]


def test_what_the_merchant_made_by_hand_stays(shop, sync, sandbox):
    own = sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Подарочный сертификат")
    before = sandbox.vk.items(seed.VK_GROUP_ID)
    tea = shop.put("Чай чёрный")
    sync()
    shop.remove(tea)
    sync()
    assert [item for item in shop.items() if item["id"] == own] == before


@pytest.mark.parametrize("kind", ["ALCOHOL_NOT_MARKED", "TOBACCO_MARKED", "SOMETHING_NEW"])
def test_forbidden_and_unknown_types_never_appear(shop, sync, kind):
    shop.put("Напиток особый", type=kind)
    outcome = sync()
    assert shop.items() == []
    assert (outcome.code, outcome.held) == (0, 1)


def test_an_empty_catalog_does_not_empty_the_market(shop, sync, sandbox):
    products = [shop.put(f"Товар номер {number}") for number in range(3)]
    sync()
    for product in products:
        shop.remove(product)
    sync()
    sync()
    assert len(shop.visible()) == 3


def test_a_shrunk_catalog_waits_for_a_person(shop, sync):
    products = [shop.put(f"Товар номер {number}") for number in range(40)]
    sync()
    for product in products[:25]:
        shop.remove(product)
    outcome = sync()
    assert (outcome.code, outcome.status, outcome.hidden) == (1, "waiting", 0)
    assert len(shop.visible()) == 40
    outcome = sync(approve=True)
    assert (outcome.code, outcome.hidden) == (0, 25)
    assert len(shop.visible()) == 15


def test_while_removals_wait_prices_go_on_and_new_goods_do_not(shop, sync):
    products = [shop.put(f"Товар номер {number}") for number in range(40)]
    sync()
    for product in products[:25]:
        shop.remove(product)
    shop.put("Товар номер 39", price="7.00", id=products[39])
    shop.put("Совсем новый товар")
    outcome = sync()
    assert (outcome.updated, outcome.created) == (1, 0)
    assert len(shop.visible()) == 40


def test_one_refused_product_does_not_stop_the_others(shop, sync, sandbox):
    for number in range(5):
        shop.put(f"Товар номер {number}")
    sandbox.faults.add("error", method="market.add", code=1408, message="bad links", skip=2)
    outcome = sync()
    assert (outcome.created, outcome.failed, outcome.code) == (4, 1, 1)
    assert Listing.objects.get(blocked="refused").error_code == 1408


def test_recreated_products_keep_their_items(shop, sync, sandbox):
    for number in range(60):
        shop.put(f"Товар номер {number}", barcodes=[f"460000000{number:04}"])
    sync()
    before = {item["title"]: item["id"] for item in shop.visible()}
    sandbox.evotor.recreate_all(shop.store)
    for _ in range(3):
        sync()
        assert {item["title"]: item["id"] for item in shop.visible()} == before
        assert len(shop.items()) == 60
    assert Listing.objects.count() == 60 + Listing.objects.filter(vk_item_id=None).count()


def test_a_dry_run_stores_no_wish_and_sends_nothing(shop, sync, writes):
    shop.put("Чай чёрный")
    writes()
    outcome = sync(dry_run=True)
    assert writes() == []
    assert (outcome.created, outcome.changes) == (1, ["create Чай чёрный"])
    assert not Listing.objects.exists()


def test_nothing_is_sent_while_the_master_switch_is_off(shop, sync, merchant, writes):
    shop.put("Чай чёрный")
    merchant.sync_config.enabled = False
    merchant.sync_config.save()
    writes()
    outcome = sync()
    assert (outcome.status, outcome.code, writes()) == ("frozen", 0, [])


def test_goods_of_a_store_that_cannot_be_read_stay_for_days_and_are_then_hidden(shop, sync, sandbox, settings):
    shop.put("Чай чёрный")
    sync()
    sandbox.evotor.set_installed(shop.store, False)
    outcome = sync()
    assert (outcome.code, shop.titles()) == (1, ["Чай чёрный"])
    CachedStore.objects.update(unreadable_since=clock.now() - timedelta(hours=73))
    assert sync().hidden == 1
    assert shop.titles() == []
    sandbox.evotor.set_installed(shop.store, True)
    sync()
    assert shop.titles() == ["Чай чёрный"]


def test_goods_of_a_till_that_was_disconnected_stay_however_long(shop, sync, sandbox, merchant, client):
    shop.put("Чай чёрный")
    sync()
    sandbox.evotor.set_installed(shop.store, False)
    sync()
    CachedStore.objects.update(unreadable_since=clock.now() - timedelta(hours=71))
    client.force_login(merchant)
    told = client.post("/connections/delete?type=evotor", follow=True).content.decode()
    assert "Товары в ВК остались как были." in told
    unread = CachedStore.objects.filter(unreadable_since__isnull=False)
    unread.update(unreadable_since=clock.now() - timedelta(hours=99))
    assert sync(refresh=False).hidden == 0
    assert shop.titles() == ["Чай чёрный"]


def test_one_recreated_product_keeps_its_item(shop, sync, sandbox):
    tea = shop.put("Чай чёрный", article_number="A-1")
    shop.put("Кофе молотый")
    sync()
    before = {item["title"]: item["id"] for item in shop.visible()}
    sandbox.evotor.recreate(shop.store, tea)
    for _ in range(2):
        sync()
    assert {item["title"]: item["id"] for item in shop.visible()} == before


def test_prices_that_jump_all_at_once_wait_for_a_person(shop, sync):
    products = [shop.put(f"Товар номер {number}", price="100.00") for number in range(20)]
    sync()
    for number, product in enumerate(products):
        shop.put(f"Товар номер {number}", price="1.00", id=product)
    shop.put("Совсем новый товар")
    outcome = sync()
    assert (outcome.code, outcome.status, outcome.updated, outcome.created) == (1, "waiting", 0, 1)
    assert set(shop.prices().values()) == {Decimal(100)}
    assert sync(approve=True).updated == 20
    assert sorted(set(shop.prices().values())) == [1, 100]
    assert sync().code == 0


@pytest.mark.parametrize(("hour", "day", "room"), [(25, 0, 25), (10, 0, 10), (30, 0, 30), (0, 10, 10), (30, 27, 27)])
def test_caps_on_new_goods_leave_the_rest_waiting(shop, sync, settings, hour, day, room):
    settings.VK_CREATES_PER_HOUR, settings.VK_CREATES_PER_DAY = hour, day
    for number in range(35):
        shop.put(f"Товар номер {number}")
    outcome = sync()
    assert (outcome.code, outcome.created, outcome.waiting) == (0, room, 35 - room)
    settings.VK_CREATES_PER_HOUR = settings.VK_CREATES_PER_DAY = 0
    assert sync().created == 35 - room


def test_what_left_the_till_is_deleted_for_a_merchant_who_opted_in(shop, sync, merchant, sandbox):
    merchant.sync_config.delete_absent = True
    merchant.sync_config.save()
    tea = shop.put("Чай чёрный")
    shop.put("Кофе молотый")
    sync()
    shop.remove(tea)
    outcome = sync()
    assert (outcome.deleted, [item["name"] for item in shop.items()]) == (1, ["Кофе молотый"])
    assert sync().deleted == 0
    shop.put("Чай чёрный", id=tea)
    sync()
    assert shop.titles() == ["Кофе молотый", "Чай чёрный"]


def test_a_short_name_alone_is_enough(shop, sync):
    shop.put("Молоко", price="89.90", measure_name="")
    assert sync().created == 1
    assert shop.prices() == {"Молоко": Decimal("89.90")}


def test_a_store_that_is_off_ails_nobody(shop, sync, sandbox, merchant):
    shop.put("Чай чёрный")
    sync()
    sandbox.evotor.set_installed(shop.store, False)
    assert sync().code == 1
    set_choice(merchant, "store", shop.store, "", "exclude")
    assert sync().code == 0
