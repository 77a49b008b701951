"""A slice of publishing at a time: what does not fit goes on in the next, whoever comes between."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from catalog import refreshing
from catalog.models import CachedProduct, SyncConfig
from evosync import watching
from evosync.base import clock
from sandbox import seed
from vkmarket import publishing, sending, tasks, wishing
from vkmarket.leasing import lease_of, take
from vkmarket.models import Attempt, Lease, Listing, SyncRun
from vkmarket.reasons import Block
from vkmarket.reports import Report

GOOD = "Чай чёрный"


@pytest.fixture
def slow(monkeypatch):
    """Each slice is over after one batch."""
    monkeypatch.setattr(sending, "clock", SimpleNamespace(now=clock.now, monotonic=lambda: float("inf")))


def work() -> int:
    """Do what is in the queue until nothing is; how many slices it took."""
    done = 0
    while waiting := list(OrmQ.objects.order_by("pk")):
        for row in waiting:
            row.delete()
            job = SignedPackage.loads(row.payload)
            assert job["func"] == "vkmarket.tasks.publish_slice" and done < 50
            tasks.publish_slice(*job["args"], **job["kwargs"])
            done += 1
    return done


@pytest.fixture
def sixty(merchant, shop):
    """More than two batches of goods at the till, read."""
    for number in range(60):
        shop.put(f"{GOOD} {number:02}")
    refreshing.refresh(merchant.evotor)


def statuses() -> list[tuple[str, str]]:
    return list(SyncRun.objects.order_by("pk").values_list("status", "error"))


def test_what_does_not_fit_a_slice_is_done_in_the_next_ones_of_the_same_run(merchant, shop, sixty, queued, slow):
    publishing.request_slice(merchant.vk.pk, read=True)
    assert work() == 3 and len(shop.titles()) == 60
    run = SyncRun.objects.get()
    assert (run.status, run.counts["created"], run.paused_at) == (SyncRun.Status.DONE, 60, None)


def test_a_small_plan_between_two_slices_leaves_the_run_alone(merchant, shop, sixty, queued, slow):
    tasks.publish_slice(merchant.vk.pk, read=True)
    chosen = CachedProduct.objects.get(name=f"{GOOD} 59").pk
    tasks.publish_slice(merchant.vk.pk, products=[chosen])
    assert statuses() == [("running", ""), ("done", "")]
    work()
    assert len(shop.titles()) == 60
    assert statuses() == [("done", ""), ("done", "")]
    assert sum(run.counts["created"] for run in SyncRun.objects.all()) == 60


def test_a_slice_that_finds_the_market_taken_is_asked_for_again_by_its_holder(merchant, shop, sixty, queued, slow):
    tasks.publish_slice(merchant.vk.pk, read=True)
    run, _jobs = SyncRun.objects.get(), queued()
    with lease_of(merchant.vk.community) as lease:
        assert tasks.publish_slice(merchant.vk.pk, plan=False, run_id=run.pk).startswith("another worker")
    # It planned nothing, so nobody plans for it.
    assert (lease.again, lease.again_run) == (False, run.pk)
    tasks._go_on(merchant.vk.pk, Report(again_run=run.pk))
    work()
    assert len(shop.titles()) == 60 and statuses() == [("done", "")]


def test_a_round_about_everything_takes_over_what_is_left_of_the_last(merchant, shop, sixty, queued, slow):
    tasks.publish_slice(merchant.vk.pk, read=True)
    tasks.publish_slice(merchant.vk.pk, read=True)
    assert statuses() == [("done", ""), ("running", "")]
    calls = Attempt.objects.count()
    first = SyncRun.objects.earliest("pk")
    assert tasks.publish_slice(merchant.vk.pk, plan=False, run_id=first.pk) == "done, left: False, asked again: False"
    assert Attempt.objects.count() == calls
    work()
    assert len(shop.titles()) == 60 and statuses() == [("done", ""), ("done", "")]


def test_a_run_whose_worker_was_killed_in_a_slice_is_closed_by_the_next(merchant, shop, queued, slow):
    SyncRun.objects.create(community=merchant.vk.community, status=SyncRun.Status.RUNNING, started_at=clock.now())
    shop.put(GOOD)
    refreshing.refresh(merchant.evotor)
    tasks.publish_slice(merchant.vk.pk, read=True)
    assert statuses() == [("failed", "interrupted"), ("done", "")]


def test_switched_off_between_two_slices_the_run_is_over(merchant, shop, sixty, queued, slow):
    tasks.publish_slice(merchant.vk.pk, read=True)
    SyncConfig.objects.update(enabled=False)
    assert work() == 1
    assert statuses() == [("done", "")] and len(shop.titles()) == 25


def test_who_finds_the_market_taken_is_looked_for_by_its_holder(merchant, shop, queued):
    shop.put(GOOD)
    refreshing.refresh(merchant.evotor)
    with lease_of(merchant.vk.community):
        assert tasks.publish_slice(merchant.vk.pk).startswith("another worker")
    assert queued() == [] and shop.titles() == []


def test_a_holder_killed_as_it_leaves_takes_no_note_with_it(merchant, shop, queued, monkeypatch):
    shop.put(GOOD)
    tasks.publish_slice(merchant.vk.pk, read=True)
    with monkeypatch.context() as patch:
        patch.setattr("vkmarket.confirming.confirm", lambda *_args: Lease.objects.update(again=True))

        def die(*_args, **_options):
            raise KeyboardInterrupt

        patch.setattr(publishing, "enqueue", die)
        with pytest.raises(KeyboardInterrupt):
            tasks.publish_slice(merchant.vk.pk)
    assert Lease.objects.get().again
    Lease.objects.update(expires_at=None)
    assert watching.revive(clock.now() + timedelta(minutes=10)) == 1


def test_a_holder_that_was_asked_meanwhile_plans_anew_at_once(merchant, shop, queued, monkeypatch):
    shop.put(GOOD)
    refreshing.refresh(merchant.evotor)
    whole = publishing.publish_slice

    def visited(user, client, **scope):
        with monkeypatch.context() as patch:
            patch.setattr("vkmarket.confirming.confirm", lambda *_args: Lease.objects.update(again=True))
            return whole(user, client, **scope)

    monkeypatch.setattr(publishing, "publish_slice", visited)
    tasks.publish_slice(merchant.vk.pk)
    assert queued() == [("now", "publish_slice", merchant.vk.pk)]


@pytest.mark.parametrize(("about", "read"), [([], True), ([7], False)])
def test_what_the_visitor_came_for_is_what_is_looked_at(merchant, shop, monkeypatch, about, read):
    asked = []
    monkeypatch.setattr(tasks, "request_slice", lambda connection_id, **scope: asked.append(scope))
    monkeypatch.setattr(
        "vkmarket.confirming.confirm", lambda *_args: Lease.objects.update(again=True, again_products=about)
    )
    tasks.publish_slice(merchant.vk.pk)
    assert [(scope["products"], scope["read"]) for scope in asked] == [(about, read)]


def test_a_slice_delivered_twice_does_not_double_the_chain(merchant, queued):
    tasks._go_on(merchant.vk.pk, Report(run_id=5, left=True, again_run=5))
    assert queued() == [("long", "publish_slice", merchant.vk.pk)]


def test_what_vk_refuses_together_goes_singly_before_the_slice_ends(merchant, shop, sandbox, queued, slow):
    goods = [shop.put(f"{GOOD} {number}") for number in range(3)]
    refreshing.refresh(merchant.evotor)
    publishing.request_slice(merchant.vk.pk, read=True)
    work()
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай"})
    for number, product in enumerate(goods):
        shop.put(f"{GOOD} {number}", id=product, parent_id=group)
    refreshing.refresh(merchant.evotor)
    # The first batch is of texts, which name the group; the next puts all three into its album.
    tasks.publish_slice(merchant.vk.pk)
    gone = Listing.objects.get(source__product__evotor_id=goods[0])
    sandbox.vk.delete_by_hand(seed.VK_GROUP_ID, gone.vk_item_id)
    work()
    told = dict(Listing.objects.values_list("source__product__evotor_id", "blocked"))
    assert told == {goods[0]: Block.DELETED_IN_VK, goods[1]: "", goods[2]: ""}
    assert not Listing.objects.due(clock.now()).exists()


def test_what_was_to_be_planned_is_not_lost_with_the_lease(merchant, shop, sixty, queued, monkeypatch):
    """The pass over the catalog outlasted the lease, and somebody with a small plan has come meanwhile."""
    look, taken = wishing.look, []

    def slow_look(*args, **kwargs):
        Lease.objects.update(expires_at=clock.now() - timedelta(seconds=1))
        taken.append(take(merchant.vk.community, [1]))
        return look(*args, **kwargs)

    monkeypatch.setattr(wishing, "look", slow_look)
    assert tasks.publish_slice(merchant.vk.pk, read=True).startswith("another worker")
    monkeypatch.undo()
    [visitor] = taken
    visitor.parting = lambda: tasks._go_on(
        merchant.vk.pk, Report(again=visitor.again, again_products=visitor.again_products)
    )
    visitor.release()
    work()
    assert len(shop.titles()) == 60
