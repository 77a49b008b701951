"""The watchdog: what a killed worker or a lost message left is done; what is at work is let be."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from accounts.models import Status
from catalog.models import RefreshRun, StoreError, SyncConfig
from evosync import watching
from tests.factories import (
    AttemptFactory,
    CachedStoreFactory,
    LeaseFactory,
    ListingFactory,
    RefreshRunFactory,
    SyncRunFactory,
)
from vkmarket.models import Attempt, Lease, SyncRun
from vkmarket.reasons import Lane

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    # Leases are kept by the database's clock, so this one is real.
    return timezone.now()


def run_of(community, now, minutes=30):
    return SyncRunFactory(community=community, status="running", started_at=now - timedelta(minutes=minutes))


def test_a_run_whose_worker_died_is_closed(trader, now):
    run = run_of(trader().vk.community, now)
    assert watching.close_runs(now) == 1
    run.refresh_from_db()
    assert (run.status, run.error, run.finished_at) == (SyncRun.Status.FAILED, "interrupted", now)


@pytest.mark.parametrize("expires", [None, timedelta(seconds=-1)])
def test_a_lease_that_is_over_protects_nobody(trader, now, expires):
    run = run_of(trader().vk.community, now)
    LeaseFactory(community=run.community, expires_at=expires and now + expires)
    assert watching.close_runs(now) == 1


def test_a_run_at_work_is_let_be(trader, now):
    held = run_of(trader().vk.community, now)
    LeaseFactory(community=held.community, expires_at=now + timedelta(minutes=2))
    fresh = run_of(trader().vk.community, now, minutes=1)
    between_slices = run_of(trader().vk.community, now)
    AttemptFactory(run=between_slices, sent_at=now - timedelta(minutes=5))
    assert watching.close_runs(now) == 0
    assert {run.pk for run in SyncRun.objects.filter(status="running")} == {held.pk, fresh.pk, between_slices.pk}


def test_a_run_that_waits_for_its_next_slice_in_a_long_queue_is_let_be(trader, queued, now):
    user = trader()
    run = run_of(user.vk.community, now, minutes=60)
    AttemptFactory(listing=due_listing(user.vk.community), run=run, sent_at=now - timedelta(minutes=14))
    SyncRun.objects.update(paused_at=now - timedelta(minutes=14))
    assert watching.close_runs(now) == watching.revive(now) == 0 and queued() == []
    # As long as a job may wait: that one was lost.
    later = now + timedelta(minutes=2)
    assert watching.close_runs(later) == watching.revive(later) == 1


def test_a_reading_whose_worker_died_is_closed(trader, now):
    dead, alive = trader(), trader()
    SyncConfig.objects.filter(user=alive).update(reading_until=now + timedelta(minutes=1))
    for user in (dead, alive):
        store = CachedStoreFactory(connection=user.evotor)
        RefreshRunFactory(store=store, started_at=now - timedelta(hours=1), finished_at=None, complete=False)
    assert watching.close_readings(now) == 1
    closed = RefreshRun.objects.get(finished_at__isnull=False)
    assert closed.store.connection == dead.evotor
    assert (closed.error, closed.complete) == (StoreError.INCOMPLETE, False)


@pytest.mark.parametrize(
    "lost",
    [
        {"queued_at": -16},
        {"reading_until": -1},
        {"queued_at": -60, "reading_until": -50},
        # The clock was ahead, and is put right.
        {"queued_at": 180},
        {"reading_until": 180},
    ],
)
def test_a_lost_cycle_is_asked_for_again_once(trader, queued, now, lost):
    user = trader()
    minutes = {name: now + timedelta(minutes=ago) for name, ago in lost.items()}
    SyncConfig.objects.update(**minutes)
    assert watching.ask_again(now) == 1
    assert queued() == [("long", "sync", user.pk)]
    assert watching.ask_again(now) == 0 and queued() == []


@pytest.mark.parametrize(("asked_ago", "reading"), [(14, None), (60, 1)])
def test_a_cycle_that_waits_no_longer_than_it_may_is_not_lost(trader, queued, now, asked_ago, reading):
    trader()
    until = reading and now + timedelta(minutes=reading)
    SyncConfig.objects.update(queued_at=now - timedelta(minutes=asked_ago), reading_until=until)
    assert watching.ask_again(now) == 0 and queued() == []


def due_listing(community, **fields):
    return ListingFactory(community=community, lane=Lane.PRICE, **fields)


def test_due_goods_that_nobody_is_at_are_taken_up_once(trader, queued, now):
    user = trader()
    due_listing(user.vk.community)
    assert watching.revive(now) == 1
    assert queued() == [("long", "publish_slice", user.vk.pk)]
    assert watching.revive(now) == 0 and queued() == []
    # That job was lost as well.
    assert watching.revive(now + timedelta(minutes=16)) == 1


def test_what_has_waited_is_planned_anew(trader, now):
    """The wish may be as old as the time for which the switch was off: the product may be forbidden by now."""
    user = trader()
    due_listing(user.vk.community)
    watching.revive(now)
    assert SignedPackage.loads(OrmQ.objects.get().payload)["kwargs"].get("plan", True)


def test_new_goods_that_our_caps_keep_back_are_not_left_undone(trader, queued, now, settings):
    settings.VK_CREATES_PER_HOUR = 1
    user = trader()
    community = user.vk.community
    AttemptFactory(listing=ListingFactory(community=community), sent_at=now - timedelta(minutes=50))
    waiting = ListingFactory(community=community, lane=Lane.NEW)
    assert watching.revive(now) == 0 and watching.stranded(now) == []
    assert [one.pk for one in watching.stranded(now + timedelta(minutes=11))] == [user.vk.pk]
    due_listing(community)
    assert watching.revive(now) == 1
    waiting.refresh_from_db()
    assert waiting.lane == Lane.NEW


def test_goods_behind_those_that_vk_has_throttled_are_not_left_undone(trader, queued, now):
    community = trader().vk.community
    throttled = due_listing(community, due_at=now + timedelta(minutes=5))
    asked = {"listing": throttled, "kind": Attempt.Kind.UPDATE, "sent_at": now - timedelta(minutes=5)}
    AttemptFactory(**asked, state=Attempt.State.NOT_RUN, error_code=9)
    due_listing(community)
    assert watching.revive(now) == 0 and queued() == []
    assert watching.stranded(now + timedelta(minutes=6))
    ListingFactory(community=community, lane=Lane.TEXT)
    assert watching.revive(now) == 1


def lost_add(community, now):
    listing = ListingFactory(community=community, unsettled_since=now - timedelta(hours=1))
    AttemptFactory(listing=listing, state=Attempt.State.UNKNOWN, in_flight=listing.pk)


def missed_visitor(community, now):
    LeaseFactory(community=community, again=True)


def hidden_twin(community, now):
    ListingFactory(community=community, twin_check_at=now - timedelta(minutes=1))


@pytest.mark.parametrize("left", [lost_add, missed_visitor, hidden_twin])
def test_other_things_left_undone_are_taken_up_too(trader, queued, now, left):
    user = trader()
    left(user.vk.community, now)
    assert watching.revive(now) == 1
    assert queued() == [("long", "publish_slice", user.vk.pk)]
    assert not Lease.objects.filter(again=True).exists()


def test_what_is_not_due_or_not_free_or_not_to_be_sent_is_let_be(trader, queued, now):
    later = trader().vk
    due_listing(later.community, due_at=now + timedelta(minutes=1))
    held = trader().vk
    due_listing(held.community)
    LeaseFactory(community=held.community, expires_at=now + timedelta(minutes=1))
    blocked = trader().vk
    due_listing(blocked.community, blocked="refused")
    offline = trader().vk
    due_listing(offline.community)
    type(offline).objects.filter(pk=offline.pk).update(is_online=False)
    suspended = trader(status=Status.SUSPENDED).vk
    due_listing(suspended.community)
    frozen = trader()
    due_listing(frozen.vk.community)
    SyncConfig.objects.filter(user=frozen).update(enabled=False)
    waiting = trader()
    due_listing(waiting.vk.community)
    SyncConfig.objects.filter(user=waiting).update(queued_at=now)
    sending = trader().vk
    AttemptFactory(listing=due_listing(sending.community), run=run_of(sending.community, now), sent_at=now)
    assert watching.revive(now) == 0 and queued() == []


def test_one_look_tells_what_it_found(trader, queued):
    assert watching.watch() == "all well"
    user = trader()
    due_listing(user.vk.community)
    assert watching.watch() == "1 communities revived"
