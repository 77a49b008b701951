"""Signs of life of the workers: each cluster's own process writes one every few seconds, the site reads them."""

from evosync.base import clock
from evosync.base.jobs import LONG, NOW

from .models import WorkerBeat

BEAT_SECONDS = 10
# A cluster of which nothing was heard for so long is gone. A database that restarts takes less.
GONE_SECONDS = 60


def beat(cluster: str) -> None:
    now = clock.now()
    if not WorkerBeat.objects.filter(pk=cluster).update(seen_at=now):
        WorkerBeat.objects.bulk_create([WorkerBeat(cluster=cluster, seen_at=now)], ignore_conflicts=True)


def say_goodbye(cluster: str) -> None:
    """Leave no sign of life behind. Another of this name, on another machine, gives its own within seconds."""
    WorkerBeat.objects.filter(pk=cluster).delete()


def ages() -> dict[str, float | None]:
    """Seconds since each cluster was heard of, None for one that never was."""
    seen = dict(WorkerBeat.objects.values_list("pk", "seen_at"))
    now = clock.now()
    return {name: max(0.0, (now - seen[name]).total_seconds()) if name in seen else None for name in (NOW, LONG)}


def seconds() -> float | None:
    """Since the one that is silent for longer was heard of; None where one never was: work needs both."""
    known = ages().values()
    heard = [age for age in known if age is not None]
    return max(heard) if len(heard) == len(known) else None


def any_alive() -> bool:
    return any(age is not None and age < GONE_SECONDS for age in ages().values())
