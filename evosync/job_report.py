"""What the queues hold and what waits for them: one look for the operator and for the `jobs` command."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Min, Q
from django_q.brokers import get_broker
from django_q.models import OrmQ, Schedule, Task
from django_q.signing import SignedPackage

from catalog.models import SyncConfig
from connections.tasks import CHECKED
from evosync.base import clock
from evosync.base.jobs import LONG, NOW
from vkmarket.models import SyncRun

from . import beats, jobs, watching

DAY = timedelta(hours=24)


def report() -> dict:
    now = clock.now()
    return {
        "workers": beats.ages(),
        "schedules": schedules(),
        "queues": {name: queue(name, now) for name in (NOW, LONG)},
        "due": due(now),
        "reading": reading(now),
        "running": running(),
        "stuck": stuck(now),
    }


def schedules() -> list[dict]:
    rows = Schedule.objects.order_by("next_run", "pk").values("name", "func", "next_run", "task")
    ended = dict(Task.objects.filter(pk__in=[row["task"] for row in rows]).values_list("pk", "success"))
    return [
        {"name": row["name"] or row["func"], "next_run": row["next_run"], "succeeded": ended.get(row["task"])}
        for row in rows
    ]


def queue(name: str, now: datetime) -> dict:
    """How many jobs wait and are at work, since when the first of them waits, and how the last day went."""
    over = Task.objects.filter(cluster=name)
    told = {
        "failed_24h": over.filter(success=False, stopped__gte=now - DAY).count(),
        "done_24h": over.filter(success=True, stopped__gte=now - DAY).count(),
        "last_done": over.aggregate(last=Max("stopped"))["last"],
    }
    return {
        "waiting": depth(name, now),
        # Taken by a worker that has RETRY seconds to acknowledge it; what was taken from Redis is there no more.
        "at_work": OrmQ.objects.filter(key=name, lock__gt=now).count() if settings.Q_CLUSTER.get("orm") else None,
        "oldest_seconds": oldest_seconds(name, now),
    } | told


def depth(name: str, now: datetime) -> int:
    """How many jobs wait for a worker."""
    return _waiting(name, now).count() if settings.Q_CLUSTER.get("orm") else get_broker(name).queue_size()


def oldest_seconds(name: str, now: datetime) -> int | None:
    """For how long the first of them waits."""
    if settings.Q_CLUSTER.get("orm"):
        oldest = _waiting(name, now).aggregate(oldest=Min("lock"))["oldest"]
    else:
        broker = get_broker(name)
        first = broker.connection.lindex(broker.list_key, 0)
        oldest = SignedPackage.loads(first)["started"] if first else None
    return max(0, round((now - oldest).total_seconds())) if oldest else None


def _waiting(name: str, now: datetime):
    return OrmQ.objects.filter(Q(lock=None) | Q(lock__lte=now), key=name)


def due(now: datetime) -> dict:
    next_at = jobs.scheduled_cycles().aggregate(first=Min("next_sync_at"))["first"]
    return {
        "cycles": jobs.due_cycles(now).count(),
        "checks": {service: jobs.due_checks(service, now).count() for service in CHECKED},
        "next_cycle": next_at,
    }


def reading(now: datetime) -> list[dict]:
    """Whose tills are read."""
    rows = SyncConfig.objects.filter(reading_until__gte=now).order_by("pk")
    return [{"user": email, "until": until} for email, until in rows.values_list("user__email", "reading_until")]


def running() -> list[dict]:
    rows = SyncRun.objects.filter(status=SyncRun.Status.RUNNING).select_related("community").order_by("started_at")
    return [{"run": row.pk, "community": str(row.community), "started_at": row.started_at} for row in rows]


def stuck(now: datetime) -> dict:
    """What the watchdog would see to at its next look."""
    lost = watching.lost_cycles(now)
    return {
        "runs": list(watching.lost_runs(now).values_list("pk", flat=True)),
        "cycles": list(SyncConfig.objects.filter(pk__in=lost).values_list("user__email", flat=True)),
        "communities": [str(connection.community) for connection in watching.stranded(now)],
        "removals": [str(removal) for removal in watching.left_removals(now)],
    }
