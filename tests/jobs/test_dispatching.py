"""The dispatcher: what is due is asked for once, spread over the interval; only of active, connected merchants."""

from datetime import timedelta
from pydoc import locate

import pytest
from django.utils import timezone
from django_q import scheduler
from django_q.brokers import get_broker
from django_q.models import Schedule

from accounts.models import Status
from catalog.models import SyncConfig
from connections.models import EvotorConnection, VkConnection
from evosync import jobs
from tests.factories import EvotorConnectionFactory, UserFactory

pytestmark = pytest.mark.django_db


def cycles(queued) -> list[int]:
    return [job[2] for job in queued() if job[:2] == ("long", "sync")]


def test_a_merchant_whose_time_has_come_is_asked_for_once(trader, queued, time):
    user = trader()
    jobs.dispatch()
    assert queued() == [
        ("long", "sync", user.pk),
        ("long", "check", "evotor", user.evotor.pk),
        ("long", "check", "vk", user.vk.pk),
    ]
    jobs.dispatch()
    assert queued() == []


def test_the_next_cycle_is_about_an_interval_away(trader, queued, time, settings):
    settings.CATALOG_REFRESH_INTERVAL_SECONDS = 1000
    users = [trader() for _number in range(30)]
    jobs.dispatch()
    next_at = SyncConfig.objects.values_list("next_sync_at", flat=True)
    away = [(moment - time.now).total_seconds() for moment in next_at]
    assert all(900 <= seconds <= 1100 for seconds in away)
    assert max(away) - min(away) > 50
    # As if each had been begun.
    SyncConfig.objects.update(queued_at=None)
    queued()
    time.on(seconds=899)
    jobs.dispatch()
    assert cycles(queued) == []
    time.on(seconds=202)
    jobs.dispatch()
    assert sorted(cycles(queued)) == [user.pk for user in users]


def test_what_a_clock_that_was_ahead_has_put_off_is_due_now(trader, queued, time, settings):
    """Or an interval that is shorter now."""
    settings.CATALOG_REFRESH_INTERVAL_SECONDS = settings.HEALTH_CHECK_INTERVAL_SECONDS = 1000
    user = trader()
    jobs.dispatch()
    queued()
    SyncConfig.objects.update(queued_at=None)
    time.on(hours=-3)
    jobs.dispatch()
    assert queued() == [
        ("long", "sync", user.pk),
        ("long", "check", "evotor", user.evotor.pk),
        ("long", "check", "vk", user.vk.pk),
    ]
    SyncConfig.objects.update(queued_at=None)
    jobs.dispatch()
    assert queued() == []


def test_a_cycle_that_still_waits_is_not_asked_for_again(trader, queued, time):
    user = trader()
    jobs.dispatch()
    assert cycles(queued) == [user.pk]
    time.on(hours=5)
    jobs.dispatch()
    assert cycles(queued) == []
    assert SyncConfig.objects.get().next_sync_at > time.now


def test_a_claim_lost_to_another_dispatcher_asks_for_nothing(trader, queued, time, monkeypatch):
    """The other was quicker between our look and our claim."""
    trader()
    due = list(jobs.due_cycles(time.now).values_list("pk", "next_sync_at", "user_id"))

    class Seen:
        def values_list(self, *_names):
            return due

    jobs.dispatch()
    queued()
    SyncConfig.objects.update(queued_at=None)
    monkeypatch.setattr(jobs, "due_cycles", lambda _now: Seen())
    assert jobs.begin_cycles() == 0
    assert cycles(queued) == []


@pytest.mark.parametrize("status", [Status.PENDING, Status.SUSPENDED])
def test_nobody_but_active_merchants(trader, queued, time, status):
    trader(status=status)
    jobs.dispatch()
    assert queued() == []


def test_without_a_token_there_is_nothing_to_do(trader, queued, time):
    trader()
    EvotorConnection.objects.update(access_token="")
    VkConnection.objects.update(access_token="")
    jobs.dispatch()
    assert queued() == []


def test_a_till_is_read_before_its_owner_has_looked_at_any_setting(queued, time):
    connection = EvotorConnectionFactory()
    UserFactory()
    jobs.dispatch()
    assert cycles(queued) == [connection.user_id]
    config = SyncConfig.objects.get()
    assert config.user == connection.user and not config.enabled


def test_checks_have_an_interval_of_their_own(trader, queued, time, settings):
    settings.CATALOG_REFRESH_INTERVAL_SECONDS, settings.HEALTH_CHECK_INTERVAL_SECONDS = 36000, 100
    trader()
    jobs.dispatch()
    queued()
    time.on(seconds=111)
    jobs.dispatch()
    assert [job[:3] for job in queued()] == [("long", "check", "evotor"), ("long", "check", "vk")]


def test_schedules_are_made_once_and_keep_their_time(settings):
    jobs.make_schedules()
    Schedule.objects.filter(name="prune").update(next_run="2026-03-07T03:00:00Z")
    Schedule.objects.create(name="ours", func="math.copysign", args="1, 1")
    made = sorted(Schedule.objects.values_list("name", "func", "minutes", "cluster", "repeats"))
    jobs.make_schedules()
    assert sorted(Schedule.objects.values_list("name", "func", "minutes", "cluster", "repeats")) == made
    assert [row[0] for row in made] == ["dispatch", "ours", "prune", "watch"]
    assert Schedule.objects.get(name="prune").next_run.hour == 3


def test_a_schedule_that_was_bent_or_doubled_is_set_right(settings):
    settings.DISPATCH_SECONDS = 180
    jobs.make_schedules()
    Schedule.objects.filter(name="dispatch").update(minutes=999)
    Schedule.objects.create(name="dispatch", func="evosync.jobs.dispatch")
    jobs.make_schedules()
    assert Schedule.objects.get(name="dispatch").minutes == 3


def test_a_schedule_that_a_clock_which_was_ahead_has_put_off_is_due_now(time):
    jobs.make_schedules()
    dated = {"dispatch": timedelta(hours=3), "watch": timedelta(minutes=5), "prune": timedelta(hours=24)}
    for name, ahead in dated.items():
        Schedule.objects.filter(name=name).update(next_run=time.now + ahead)
    Schedule.objects.create(name="ours", func="math.copysign", args="1, 1", next_run=time.now + timedelta(days=400))
    jobs.put_schedules_right()
    next_runs = dict(Schedule.objects.values_list("name", "next_run"))
    assert next_runs.pop("ours") == time.now + timedelta(days=400)
    assert next_runs == {name: time.now + ahead for name, ahead in (dated | {"dispatch": timedelta()}).items()}


def test_every_scheduled_function_is_there():
    assert all(callable(locate(path)) for _name, path, _minutes in jobs.SCHEDULES)


@pytest.mark.django_db(transaction=True)
def test_django_q_puts_a_due_schedule_into_the_queue_of_quick_jobs(queued, monkeypatch):
    monkeypatch.setattr(scheduler.Conf, "CLUSTER_NAME", "now")
    jobs.make_schedules()
    Schedule.objects.update(next_run=timezone.now() - timedelta(hours=3))
    scheduler.scheduler(get_broker("now"))
    assert sorted(queued()) == [("now", "dispatch"), ("now", "prune"), ("now", "watch")]
    # Hours behind, it runs once and not a hundred times.
    scheduler.scheduler(get_broker("now"))
    assert queued() == []
