"""Slices of a round, and plans about the few products that an event named."""

from types import SimpleNamespace

import pytest

from catalog.models import CachedProduct
from catalog.refreshing import refresh
from connections import linking
from evosync.base import clock
from vkmarket import leasing, publishing
from vkmarket.models import Listing, SyncRun

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def take_slice(merchant):
    def take(**scope):
        user = type(merchant).objects.get(pk=merchant.pk)
        return publishing.publish_slice(user, linking.vk_client(user.vk), **scope)

    return take


@pytest.fixture
def asked(monkeypatch):
    """Jobs that were asked for, instead of queued."""
    jobs = []
    monkeypatch.setattr(
        publishing, "enqueue", lambda job, *args, **scope: jobs.append(SimpleNamespace(job=job, args=args, scope=scope))
    )
    return jobs


def row(product: str) -> int:
    return CachedProduct.objects.get(evotor_id=product).pk


def test_a_small_plan_sends_what_its_event_named_and_nothing_else(shop, sync, merchant, take_slice, writes):
    tea, coffee = shop.put("Чай чёрный", price="100.00"), shop.put("Кофе молотый", price="200.00")
    sync()
    shop.put("Чай чёрный", price="110.00", id=tea)
    shop.put("Кофе молотый", price="210.00", id=coffee)
    refresh(merchant.evotor)
    writes()
    report = take_slice(products=[row(tea)])
    assert (report.updated, writes()) == (1, ["market.edit"])
    assert shop.prices() == {"Чай чёрный": 110, "Кофе молотый": 200}
    assert sync().updated == 1


def test_a_small_plan_counts_for_the_guards(shop, sync, merchant, take_slice):
    products = [shop.put(f"Товар номер {number}", price="100.00") for number in range(20)]
    sync()
    for number, product in enumerate(products):
        shop.put(f"Товар номер {number}", price="1.00", id=product)
    refresh(merchant.evotor)
    for product in products[:9]:
        take_slice(products=[row(product)])
    assert take_slice(products=[row(products[9])]).guards["prices"] == {"prices": 1, "lately": 9, "shown": 20}


def test_a_small_plan_makes_nothing_that_may_be_a_product_under_a_new_id(shop, sync, merchant, sandbox, take_slice):
    tea = shop.put("Чай чёрный")
    shop.put("Кофе молотый")
    sync()
    new = sandbox.evotor.recreate(shop.store, tea)
    refresh(merchant.evotor)
    take_slice(products=[row(new)])
    assert len(shop.items()) == 2
    sync()
    assert len(shop.items()) == 2


def test_what_does_not_fit_a_slice_waits_for_the_next_of_the_same_run(shop, sync, merchant, take_slice):
    for number in range(30):
        shop.put(f"Товар номер {number}")
    refresh(merchant.evotor)
    first = take_slice(seconds=0)
    assert first.left and first.created == 25
    report = take_slice(plan=False, run_id=first.run_id)
    assert (report.left, report.created, report.confirmed) == (False, 5, 30)
    run = SyncRun.objects.get()
    assert (run.pk, run.status, run.counts["created"]) == (first.run_id, "done", 30)


def test_a_request_is_a_job_of_the_quick_queue(merchant, asked):
    assert publishing.request_run(merchant.vk.community, products=[1, 2])
    (job,) = asked
    assert (job.job, job.args) == ("vkmarket.tasks.publish_slice", (merchant.vk.pk,))
    assert job.scope == {"cluster": "now", "products": [1, 2], "timeout": None}


def test_a_request_for_a_community_that_nobody_is_connected_to_is_none(merchant, asked):
    community = merchant.vk.community
    linking.unlink_vk(merchant)
    assert not publishing.request_run(community)
    assert asked == []


def test_who_asks_while_the_community_is_taken_is_seen_by_its_holder(shop, sync, merchant, take_slice):
    shop.put("Чай чёрный")
    sync()
    held = leasing.take(merchant.vk.community)
    with pytest.raises(publishing.CommunityBusy):
        take_slice()
    held.release()
    assert held.again
    assert Listing.objects.get().confirmed_at <= clock.now()
