"""MariaDB ends one of two transactions that wait for each other: whichever of a round it is, it is made again."""

import pytest
from django.db import OperationalError

from connections import linking
from connections.models import ConnectionFault, VkConnection
from evosync.base import upsert
from sandbox import seed
from vkmarket import removals, tasks
from vkmarket.leasing import Held
from vkmarket.models import Listing, Removal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deadlocks(monkeypatch):
    """Every transaction of the lease's holder is the victim the first time."""
    renew, lost = Held.renew, []

    def lose_every_other(held):
        renew(held)
        lost.append(len(lost) % 2 == 0)
        if lost[-1]:
            raise OperationalError(1213, "Deadlock found when trying to get lock; try restarting transaction")

    monkeypatch.setattr(Held, "renew", lose_every_other)
    monkeypatch.setattr(upsert.clock, "sleep", lambda _seconds: None)
    return lost


def test_goods_are_made_changed_and_put_into_albums(shop, sync, sandbox, deadlocks):
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай и кофе"})
    tea = shop.put("Чай чёрный", parent_id=group)
    outcome = sync()
    assert (outcome.created, outcome.confirmed) == (1, 1) and shop.items()[0]["album_ids"]
    shop.put("Чай чёрный", "135.00", id=tea, parent_id=group)
    assert sync().updated == 1
    assert sum(deadlocks) > 5


def test_a_product_of_a_new_id_gets_the_item_of_the_old(shop, sync, sandbox, deadlocks):
    tea = shop.put("Чай чёрный", barcodes=["4600000000001"])
    shop.put("Кофе молотый")
    sync()
    sandbox.evotor.recreate(shop.store, tea)
    sync()
    sync()
    assert len(shop.items()) == 2 and shop.titles() == ["Кофе молотый", "Чай чёрный"]


def test_what_waits_for_an_answer_is_held(shop, sync, sandbox, deadlocks):
    sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Чай чёрный")
    shop.put("Чай чёрный")
    assert sync().created == 0
    assert Listing.objects.get().blocked == "match"


def test_guards_hold_back(shop, sync, deadlocks):
    goods = [shop.put(f"Товар номер {number}") for number in range(20)]
    sync()
    for number, product in enumerate(goods):
        shop.put(f"Товар номер {number}", "1.00", id=product)
    assert sync().status == "waiting"
    assert Listing.objects.filter(blocked="guard_prices").count() == 20


def test_everything_is_taken_out(shop, sync, merchant, deadlocks):
    for number in range(30):
        shop.put(f"Товар номер {number}")
    sync()
    removals.start(merchant)
    tasks.publish_slice(merchant.vk.pk)
    assert shop.visible() == [] and Removal.objects.get().end == Removal.End.DONE


def test_how_a_connection_is_is_kept(merchant, sandbox, monkeypatch):
    record, lost = VkConnection.record_check, []

    def lose_every_other(connection, *said):
        record(connection, *said)
        lost.append(len(lost) % 2 == 0)
        if lost[-1]:
            raise OperationalError(1213, "Deadlock found when trying to get lock; try restarting transaction")

    monkeypatch.setattr(VkConnection, "record_check", lose_every_other)
    monkeypatch.setattr(upsert.clock, "sleep", lambda _seconds: None)
    linking.record(merchant.vk, ConnectionFault.UNAVAILABLE, "silence")
    assert VkConnection.objects.get().last_error == ConnectionFault.UNAVAILABLE
    # Bound anew by the first of two tries, of which nothing stayed.
    VkConnection.objects.update(group_id=seed.VK_GROUP_ID, community=None)
    assert linking.check_vk(VkConnection.objects.get())
    kept = VkConnection.objects.get()
    assert kept.is_online and kept.community.group_id == seed.VK_GROUP_ID
    assert len(lost) == 4
