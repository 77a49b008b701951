"""What happens by itself: the schedules, and the dispatcher that finds what is due and asks for it."""

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django_q.models import Schedule

from accounts.models import Status, User
from catalog.models import SyncConfig
from connections.models import EvotorConnection, VkConnection
from connections.tasks import CHECKED
from evosync.base import clock
from evosync.base.jobs import NOW, enqueue
from evosync.base.upsert import retrying
from vkmarket.tasks import request_sync

# So many are asked for at one look: the rest is due at the next.
AT_ONCE = 500
# Cycles of different merchants spread over the interval, however they began.
JITTER = 0.1
# What is due farther ahead than so many intervals was dated by a clock that has been put right since, or by an interval
# that is shorter now.
FARTHEST = 1 + 2 * JITTER

# Name, function, minutes between.
SCHEDULES = (
    ("dispatch", "evosync.jobs.dispatch", 1),
    ("watch", "evosync.watching.watch", 5),
    ("prune", "evosync.pruning.prune", 24 * 60),
)


def make_schedules() -> None:
    """Bring the rows to what this version knows. Those who are there keep their time; others' rows are let be."""
    for name, job, minutes in SCHEDULES:
        if name == "dispatch":
            minutes = max(minutes, settings.DISPATCH_SECONDS // 60)
        wanted = {"func": job, "schedule_type": Schedule.MINUTES, "minutes": minutes, "repeats": -1, "cluster": NOW}
        with transaction.atomic():
            rows = list(Schedule.objects.select_for_update().filter(name=name).order_by("pk"))
            if not rows:
                Schedule.objects.create(name=name, **wanted)
                continue
            # Two that started at one moment have made two.
            Schedule.objects.filter(pk__in=[row.pk for row in rows[1:]]).delete()
            if any(getattr(rows[0], field) != value for field, value in wanted.items()):
                Schedule.objects.filter(pk=rows[0].pk).update(**wanted)


def put_schedules_right() -> None:
    """What a clock that was ahead has put off beyond its interval is due now."""
    now = clock.now()
    for row in Schedule.objects.filter(name__in=[name for name, *_rest in SCHEDULES], minutes__isnull=False):
        if row.next_run > _farthest(now, 60 * row.minutes):
            Schedule.objects.filter(pk=row.pk, next_run=row.next_run).update(next_run=now)


def dispatch() -> str:
    """Ask for every cycle and every check that is due. Two dispatchers at once share the work."""
    return f"{begin_cycles()} cycles, {begin_checks()} checks"


def begin_cycles() -> int:
    """Ask for the cycles of the merchants whose time has come."""
    _give_settings()
    now, begun = clock.now(), 0
    for pk, seen, user_id in due_cycles(now).values_list("pk", "next_sync_at", "user_id")[:AT_ONCE]:
        begun += _begin_cycle(SyncConfig.objects.filter(pk=pk, next_sync_at=seen), user_id, now)
    return begun


@retrying
def _begin_cycle(row: QuerySet[SyncConfig], user_id: int, now: datetime) -> bool:
    with transaction.atomic():
        claimed = row.update(next_sync_at=_next(now, settings.CATALOG_REFRESH_INTERVAL_SECONDS))
        # Still in the queue from the last time: it is not asked for twice.
        return bool(claimed) and request_sync(user_id)


def begin_checks() -> int:
    """Ask for the checks of the connections whose time has come."""
    now, begun = clock.now(), 0
    for service in CHECKED:
        for pk, seen in due_checks(service, now).values_list("pk", "next_check_at")[:AT_ONCE]:
            begun += _begin_check(service, pk, seen, now)
    return begun


@retrying
def _begin_check(service: str, pk: int, seen: datetime | None, now: datetime) -> bool:
    with transaction.atomic():
        row = CHECKED[service].objects.filter(pk=pk, next_check_at=seen)
        claimed = row.update(next_check_at=_next(now, settings.HEALTH_CHECK_INTERVAL_SECONDS))
        if claimed:
            # Behind slow services checks may queue up, and people wait for what is in the other cluster.
            enqueue("connections.tasks.check", service, pk, asked_at=now)
        return bool(claimed)


def scheduled_cycles():
    """Settings of active merchants with something connected."""
    connected = Q(user__evotor__in=_with_token(EvotorConnection)) | Q(user__vk__in=_with_token(VkConnection))
    return SyncConfig.objects.filter(connected, user__status=Status.ACTIVE)


def due_cycles(now: datetime):
    """Those of them whose time has come, longest overdue first."""
    come = _come("next_sync_at", now, settings.CATALOG_REFRESH_INTERVAL_SECONDS)
    return scheduled_cycles().filter(come).order_by("next_sync_at", "pk")


def due_checks(service: str, now: datetime):
    come = _come("next_check_at", now, settings.HEALTH_CHECK_INTERVAL_SECONDS)
    return _with_token(CHECKED[service]).filter(come, user__status=Status.ACTIVE).order_by("next_check_at", "pk")


def _come(field: str, now: datetime, every: float) -> Q:
    return Q(**{field: None}) | Q(**{f"{field}__lte": now}) | Q(**{f"{field}__gt": _farthest(now, every)})


def _farthest(now: datetime, every: float) -> datetime:
    return now + timedelta(seconds=every * FARTHEST)


def _with_token(model):
    return model.objects.exclude(access_token="")


def _next(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))


def _give_settings() -> None:
    """A row of settings, off as it is made, for those who have connected a service and looked at no page yet."""
    connected = Q(evotor__in=_with_token(EvotorConnection)) | Q(vk__in=_with_token(VkConnection))
    bare = User.objects.merchants().filter(connected, sync_config=None)
    SyncConfig.objects.bulk_create([SyncConfig(user=user) for user in bare], ignore_conflicts=True)
