"""Old history goes, in small bites: 500 rows a transaction, by primary key."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django_q.models import Task

from catalog.models import RefreshRun
from evosync.base import clock
from evosync.base.upsert import BATCH, retry_deadlocks
from vkmarket import own_pictures
from vkmarket.models import Attempt, SyncRun

# How many items we have made and deleted tells twins of our making from a merchant's copies, for as long as the mark
# lives.
KEPT = (Attempt.Kind.CREATE, Attempt.Kind.DELETE, Attempt.Kind.TWIN)
# A run at work is not history. One that waits for a person stays waiting for ever: the next round asks in its place.
OVER = (SyncRun.Status.DONE, SyncRun.Status.FAILED, SyncRun.Status.WAITING)


def prune(days: int | None = None) -> str:
    """Drop what is older than so many days (JOBS_KEPT_DAYS); what was dropped, for the list of finished jobs."""
    counts = prune_counts(settings.JOBS_KEPT_DAYS if days is None else days)
    return ", ".join(f"{count} {what}" for what, count in counts.items())


def prune_counts(days: int) -> dict[str, int]:
    if days < 1:
        # The guards count the removals of the last 24 hours.
        raise ValueError("history is kept for a day at least")
    try:
        before = clock.now() - timedelta(days=days)
    except OverflowError:
        raise ValueError("there is no history of so many days") from None
    # What is in flight has no outcome yet.
    attempts = Attempt.objects.filter(sent_at__lt=before, in_flight=None, album_in_flight=None)
    # A community's last run stays, with what it did.
    by_community = SyncRun.objects.rounds().order_by().values("community").annotate(last=Max("pk"))
    last = list(by_community.values_list("last", flat=True))
    runs = SyncRun.objects.filter(status__in=OVER, finished_at__lt=before).exclude(pk__in=last)
    return {
        "jobs": _drop(Task.objects.filter(stopped__lt=before)),
        "attempts": _drop(attempts.exclude(kind__in=KEPT).exclude(run__in=last)),
        "runs": _drop(runs, first=_let_go_of_runs),
        "refresh_runs": _drop(RefreshRun.objects.filter(finished_at__lt=before)),
        "pictures": own_pictures.drop_unused(),
    }


def _let_go_of_runs(ids: list) -> None:
    """The calls that are kept outlive the run they belonged to."""
    Attempt.objects.filter(run__in=ids).update(run=None)


def _drop(rows: QuerySet, first: Callable[[list], None] = lambda _ids: None) -> int:
    dropped, after = 0, None
    while True:
        some = rows.order_by("pk") if after is None else rows.order_by("pk").filter(pk__gt=after)
        ids = list(some.values_list("pk", flat=True)[:BATCH])
        if not ids:
            return dropped

        def bite(ids=ids):
            with transaction.atomic():
                first(ids)
                return rows.model.objects.filter(pk__in=ids).delete()[0]

        dropped += retry_deadlocks(bite)
        after = ids[-1]
