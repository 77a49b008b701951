"""Old history goes; what still says something stays."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import Task

from catalog.models import RefreshRun
from evosync import pruning
from tests.factories import AttemptFactory, CommunityFactory, ListingFactory, RefreshRunFactory, SyncRunFactory
from vkmarket.models import Attempt, SyncRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def old():
    return timezone.now() - timedelta(days=31)


def job(number, stopped, success=True):
    return Task(id=f"{number:032}", name="job", func="math.pi", started=stopped, stopped=stopped, success=success)


def test_more_than_a_bite_of_old_jobs_goes_and_the_young_stay(old, monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 10)
    Task.objects.bulk_create(job(number, old, success=bool(number % 2)) for number in range(25))
    Task.objects.bulk_create(job(number, timezone.now()) for number in range(100, 103))
    assert pruning.prune_counts(30)["jobs"] == 25
    assert Task.objects.count() == 3


def test_calls_go_but_not_adds_nor_deletions_nor_what_is_in_flight(old):
    listing, other = ListingFactory(), ListingFactory()
    counted = (Attempt.Kind.CREATE, Attempt.Kind.DELETE, Attempt.Kind.TWIN)
    kept = {AttemptFactory(listing=listing, sent_at=old, kind=kind).pk for kind in counted}
    AttemptFactory(listing=listing, sent_at=old, kind=Attempt.Kind.UPDATE)
    open_one = AttemptFactory(listing=other, sent_at=old, kind=Attempt.Kind.HIDE, in_flight=other.pk)
    young = AttemptFactory(listing=listing, sent_at=timezone.now(), kind=Attempt.Kind.UPDATE)
    assert pruning.prune_counts(30)["attempts"] == 1
    assert {attempt.pk for attempt in Attempt.objects.all()} == kept | {open_one.pk, young.pk}


def test_runs_go_but_not_the_last_of_a_community_nor_one_at_work(old):
    community, quiet = CommunityFactory(), CommunityFactory()
    gone = SyncRunFactory(community=community, status="done", finished_at=old)
    running = SyncRunFactory(community=community, status="running", started_at=old)
    last = SyncRunFactory(community=community, status="failed", finished_at=timezone.now())
    only = SyncRunFactory(community=quiet, status="done", finished_at=old)
    add = AttemptFactory(run=gone, sent_at=old)
    assert pruning.prune_counts(30)["runs"] == 1
    assert {run.pk for run in SyncRun.objects.all()} == {running.pk, last.pk, only.pk}
    add.refresh_from_db()
    assert add.run is None


def test_the_last_run_of_a_community_keeps_what_it_did(old):
    community = CommunityFactory()
    runs = [SyncRunFactory(community=community, status="done", finished_at=old) for _hour in range(2)]
    calls = [AttemptFactory(run=run, kind=Attempt.Kind.HIDE, sent_at=old) for run in runs]
    assert pruning.prune_counts(30)["attempts"] == 1
    assert Attempt.objects.get() == calls[-1]


def test_of_runs_that_waited_for_a_person_the_last_stays(old):
    community, asked = CommunityFactory(), CommunityFactory()
    for _hour in range(3):
        SyncRunFactory(community=community, status="waiting", finished_at=old)
        SyncRunFactory(community=asked, status="waiting", finished_at=old)
    young = SyncRunFactory(community=community, status="waiting", finished_at=timezone.now())
    last = asked.runs.latest("pk")
    assert pruning.prune_counts(30)["runs"] == 5
    assert {run.pk for run in SyncRun.objects.all()} == {young.pk, last.pk}


def test_readings_of_the_till_go(old):
    RefreshRunFactory(finished_at=old)
    young = RefreshRunFactory(finished_at=timezone.now())
    unfinished = RefreshRunFactory(started_at=old, finished_at=None)
    assert pruning.prune_counts(30)["refresh_runs"] == 1
    assert {run.pk for run in RefreshRun.objects.all()} == {young.pk, unfinished.pk}


def test_the_command_says_what_went_and_keeps_a_day_at_least(old, operate):
    Task.objects.bulk_create([job(1, old)])
    assert "Dropped: 0 jobs" in operate("prune", "--days", "60").out
    assert "Dropped: 1 jobs" in operate("prune").out
    refused = operate("prune", "--days", "0")
    assert refused.code == 1 and "a day at least" in refused.err
    refused = operate("prune", "--days", "99999999999")
    assert refused.code == 1 and "no history of so many days" in refused.err
