"""The watchdog: finds what a killed worker or a lost message left undone, and has it done."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Status
from catalog.models import RefreshRun, StoreError, SyncConfig
from connections.models import PASSING, Community, ConnectionFault, VkConnection
from evosync.base import clock
from evosync.base.upsert import retrying
from vkmarket import removal_round, settling
from vkmarket.exchange import resting
from vkmarket.models import INTERRUPTED, Attempt, Lease, Listing, Removal, SyncRun
from vkmarket.publishing import request_slice
from vkmarket.sending import sendable
from vkmarket.tasks import request_sync

log = structlog.get_logger(__name__)
# A run without a sign of life for so long is nobody's.
SILENCE = timedelta(minutes=10)
BREATH = timedelta(minutes=2)
# A job that waits in the queue is not lost before.
PATIENCE = timedelta(minutes=15)


def watch() -> str:
    """One look at everything."""
    now = clock.now()
    found = {
        "runs closed": close_runs(now),
        "previews closed": close_previews(now),
        "readings closed": close_readings(now),
        "cycles asked for again": ask_again(now),
        "communities revived": revive(now),
        "removals gone on with": go_on_removing(now),
    }
    found = {what: count for what, count in found.items() if count}
    if found:
        log.warning("the watchdog found what was left undone", **{k.replace(" ", "_"): n for k, n in found.items()})
    return ", ".join(f"{count} {what}" for what, count in found.items()) or "all well"


def lost_runs(now: datetime):
    """Runs that say they are running, while nobody holds their community and nothing was sent lately."""
    at_work = Attempt.objects.filter(run=OuterRef("pk"), sent_at__gte=now - SILENCE)
    runs = SyncRun.objects.filter(
        ~Exists(_held(OuterRef("community"))), ~Exists(at_work),
        status=SyncRun.Status.RUNNING, started_at__lt=now - SILENCE,
    )  # fmt: skip
    # Its next slice waits in a long queue.
    return runs.exclude(paused_at__gte=now - PATIENCE)


def close_runs(now: datetime) -> int:
    ids = list(lost_runs(now).values_list("pk", flat=True))
    return SyncRun.objects.filter(pk__in=ids, status=SyncRun.Status.RUNNING).update(
        status=SyncRun.Status.FAILED, error=INTERRUPTED, finished_at=now
    )


def close_previews(now: datetime) -> int:
    """Previews whose worker died: the page asks for another."""
    lost = SyncRun.objects.previews().filter(finished_at=None, queued_at__lt=now - SILENCE)
    return lost.update(finished_at=now, error=INTERRUPTED)


def close_readings(now: datetime) -> int:
    """Readings of stores whose worker died."""
    read_now = SyncConfig.objects.filter(user=OuterRef("store__connection__user"), reading_until__gte=now)
    lost = RefreshRun.objects.filter(~Exists(read_now), finished_at=None, started_at__lt=now - SILENCE)
    ids = list(lost.values_list("pk", flat=True))
    return RefreshRun.objects.filter(pk__in=ids).update(finished_at=now, error=StoreError.INCOMPLETE)


def lost_cycles(now: datetime):
    """Cycles that were asked for and never begun, or begun and never ended."""
    # While somebody reads, what was asked for meanwhile waits for the end of it.
    waiting = Q(queued_at__lt=now - PATIENCE, reading_until=None)
    # Of a clock that was ahead: by this one, it would be waited for until then.
    lasting = timedelta(seconds=settings.LEASE_SECONDS)
    ahead = Q(queued_at__gt=now + PATIENCE) | Q(reading_until__gt=now + lasting + PATIENCE)
    return SyncConfig.objects.filter(waiting | Q(reading_until__lt=now) | ahead)


def ask_again(now: datetime) -> int:
    return sum(_ask_again(config, now) for config in lost_cycles(now))


@retrying
def _ask_again(seen: SyncConfig, now: datetime) -> bool:
    with transaction.atomic():
        lost = SyncConfig.objects.filter(pk=seen.pk, queued_at=seen.queued_at, reading_until=seen.reading_until)
        # Unless somebody has come between.
        return bool(lost.update(queued_at=None, reading_until=None)) and request_sync(seen.user_id, at=now)


def stranded(now: datetime) -> list[VkConnection]:
    """Connections in order whose community has something to send or to look for, and nobody at it.

    A connection that is off line waits for its check: what is due would only fail again.
    """
    found = list(_stranded(now, Listing.objects.due(now)))
    others = set(_stranded(now, Listing.objects.none()).values_list("pk", flat=True)) if found else ()
    # What waits for VK's limits or our own waits rightly.
    return [one for one in found if one.pk in others or (one.community and _may_send(one.community, now))]


def _may_send(community: Community, now: datetime) -> bool:
    return sendable(community, now, resting(community, now)).exists()


def _stranded(now: datetime, due: QuerySet[Listing]) -> QuerySet[VkConnection]:
    """`due`: what is to be sent."""
    open_add = Q(unsettled_since__isnull=False) & (Q(due_at=None) | Q(due_at__lte=now))
    undone = Listing.objects.filter(open_add | Q(twin_check_at__lte=now), community=OuterRef("pk"))
    albums = Attempt.objects.filter(album_in_flight__isnull=False, album__community=OuterRef("pk"))
    missed = Lease.objects.filter(community=OuterRef("pk"), again=True)
    at_work = Attempt.objects.filter(run__community=OuterRef("pk"), sent_at__gte=now - BREATH)
    free = Community.objects.filter(
        Exists(due.filter(community=OuterRef("pk"))) | Exists(undone) | Exists(albums) | Exists(missed),
        ~Exists(at_work), ~Exists(_held(OuterRef("pk"))), ~Exists(_between_slices(OuterRef("pk"), now)),
    )  # fmt: skip
    asked = Q(user__sync_config__revived_at__gte=now - PATIENCE) | Q(user__sync_config__queued_at__isnull=False)
    mine = (
        VkConnection.objects.select_related("community")
        .defer("access_token", "refresh_token")
        .filter(
            ~asked,
            community__in=free,
            is_online=True,
            user__status=Status.ACTIVE,
            user__sync_config__enabled=True,
            user__sync_config__stopped_at=None,
        )
    )
    return mine.exclude(access_token="").order_by("pk")


def revive(now: datetime) -> int:
    return sum(_revive(connection, now) for connection in stranded(now))


@retrying
def _revive(connection: VkConnection, now: datetime) -> bool:
    community = connection.community
    with transaction.atomic():
        config = SyncConfig.objects.filter(user=connection.user_id)
        claimed = config.exclude(revived_at__gte=now - PATIENCE).update(revived_at=now)
        if claimed:
            Lease.objects.filter(community=community, again=True).update(again=False)
            # Planned anew: what was left undone may be from before the switch was off for a month.
            request_slice(connection.pk, read=bool(community and settling.needs_a_look(community)))
        return bool(claimed)


def left_removals(now: datetime) -> list[Removal]:
    """What merchants asked to have taken out of VK, with something to do for it now and nobody at it."""
    at_work = Attempt.objects.filter(run__community=OuterRef("community"), sent_at__gte=now - BREATH)
    # The first slice waits in the queue for a while.
    quiet = Removal.objects.open().filter(
        ~Exists(at_work), ~Exists(_held(OuterRef("community"))), ~Exists(_between_slices(OuterRef("community"), now)),
        asked_at__lt=now - BREATH, user__status=Status.ACTIVE,
    )  # fmt: skip
    return [removal for removal in quiet.select_related("community").order_by("pk") if removal_round.has_work(removal)]


def go_on_removing(now: datetime) -> int:
    """A connection that is off line waits for its check, unless the merchant wants to be rid of it anyway."""
    gone_on = 0
    for removal in left_removals(now):
        mine = VkConnection.objects.filter(user=removal.user_id, community=removal.community_id)
        connection = mine.exclude(access_token="").defer("access_token", "refresh_token").first()
        if connection is None:
            removal_round.close(removal, Removal.End.FAILED, ConnectionFault.NOT_CONNECTED)
        elif connection.is_online or (removal.disconnects and connection.last_error not in PASSING):
            request_slice(connection.pk, plan=False)
        else:
            continue
        gone_on += 1
    return gone_on


def _held(community):
    return Lease.objects.filter(community=community, expires_at__gte=clock.db_now())


def _between_slices(community, now: datetime):
    """A run whose next slice waits in the queue."""
    running = SyncRun.objects.filter(community=community, status=SyncRun.Status.RUNNING)
    return running.filter(paused_at__gte=now - PATIENCE)
