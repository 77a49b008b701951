"""VK albums for the groups that have something to show: made once, looked for by title when an answer is lost."""

from collections.abc import Iterable
from functools import partial
from itertools import batched

from django.db import transaction
from django.db.models import F, QuerySet

from connections.clients import vk
from connections.clients.vk_calls import MOST_CALLS, Result
from connections.models import Community
from evosync.base import clock
from evosync.base.upsert import retry_deadlocks

from .albums import adopt_by_title, forget
from .exchange import Exchange
from .intentions import Intention, settled_after
from .leasing import Held
from .market import Showcase
from .models import AlbumListing, Attempt, Listing
from .outcomes import A_MINUTE, FULL, FULL_PAUSE, NO_ALBUM, PAUSES, REFUSED_PAUSE, outcome_of
from .reasons import Block, Lane
from .renderings import plain


def make_ready(exchange: Exchange, pks: set[int]) -> dict[int, int]:
    """See to it that these album rows have their VK albums; those that have, by row."""
    rows = AlbumListing.objects.filter(pk__in=pks)
    _create(exchange, rows.filter(album_id=None, blocked="").exclude(due_at__gt=clock.now()))
    return {pk: album_id for pk, album_id in rows.values_list("pk", "album_id") if album_id is not None}


def _create(exchange: Exchange, rows: QuerySet[AlbumListing]) -> None:
    waiting = Attempt.objects.filter(album_in_flight__isnull=False).values("album_in_flight")
    missing = adopt_by_title(exchange.market.community, rows.exclude(pk__in=waiting))
    intentions = [
        Intention(
            vk.add_album(exchange.market.owner_id, row.title),
            [Attempt(kind=Attempt.Kind.ALBUM_CREATE, album=row, run=exchange.run, after={"title": row.title})],
        )
        for row in missing
    ]
    _request(exchange, intentions)


def rename(exchange: Exchange) -> None:
    """Give our own albums the titles that their groups have now."""
    ours = AlbumListing.objects.filter(community=exchange.market.community, adopted=False, blocked="")
    rows = ours.exclude(title=F("sent_title"))
    intentions = [
        Intention(
            vk.edit_album(exchange.market.owner_id, row.album_id, row.title),
            [
                Attempt(
                    kind=Attempt.Kind.ALBUM_RENAME,
                    album=row,
                    run=exchange.run,
                    before={"title": row.sent_title},
                    after={"title": row.title},
                )
            ],
        )
        for row in rows.exclude(due_at__gt=clock.now())
        if row.album_id is not None
    ]
    _request(exchange, intentions)


def _request(exchange: Exchange, intentions: Iterable[Intention]) -> None:
    for some in batched(intentions, MOST_CALLS):
        exchange.request(some, record)


def record(intentions: Iterable[Intention], results: Iterable[Result]) -> None:
    """Keep what VK answered about albums."""
    pairs = [(intention.attempts[0], result) for intention, result in zip(intentions, results, strict=True)]

    def write():
        with transaction.atomic():
            for attempt, result in sorted(pairs, key=lambda pair: pair[0].about):
                record_one(attempt, result)

    retry_deadlocks(write)


def record_one(attempt: Attempt, result: Result) -> None:
    """Store one album's outcome. An answer that comes after a later holder has closed the attempt is left to
    the look by title."""
    now = clock.now()
    state, code, text = outcome_of(attempt, result)
    still_unknown = state == Attempt.State.UNKNOWN and attempt.kind == Attempt.Kind.ALBUM_CREATE
    closed = Attempt.objects.filter(pk=attempt.pk, state=Attempt.State.SENT).update(
        state=state,
        finished_at=now,
        error_code=code,
        error_text=text,
        album_in_flight=attempt.album_id if still_unknown else None,
    )
    if not closed:
        return
    row = AlbumListing.objects.select_for_update().get(pk=attempt.about)
    row.error_code, row.error_text = code, text
    if state == Attempt.State.ACCEPTED:
        _accept(row, attempt, result)
    elif state == Attempt.State.REFUSED and code == NO_ALBUM:
        forget(row, now)
    elif state == Attempt.State.REFUSED:
        row.blocked = Block.REFUSED
        row.due_at = now + (FULL_PAUSE if code in FULL else REFUSED_PAUSE)
    elif state == Attempt.State.NOT_RUN:
        row.due_at = now + PAUSES.get(code, A_MINUTE)
    row.save()


def _accept(row: AlbumListing, attempt: Attempt, result: Result) -> None:
    if attempt.kind == Attempt.Kind.ALBUM_CREATE and isinstance(result, vk.Ok):
        row.album_id = result.value["market_album_id"]
    row.sent_title, row.due_at, row.error_code, row.error_text = attempt.after["title"], None, None, ""


def unanswered(community: Community) -> QuerySet[Attempt]:
    """Creations of albums of which nobody knows whether they happened."""
    return Attempt.objects.filter(album_in_flight__isnull=False, album__community=community)


def settle(showcase: Showcase, lease: Held) -> None:
    """Find, by title, the albums whose creation was not answered; give up waiting once a complete
    read begun past VK's lag shows none."""
    lost = list(unanswered(lease.community).select_related("album"))
    if not lost:
        return
    known = sorted(showcase.albums.values(), key=lambda album: -album.album_id)
    by_title = {plain(album.title): album.album_id for album in known}
    bound = set(AlbumListing.objects.filter(community=lease.community).values_list("album_id", flat=True))
    for attempt in lost:
        album_id = by_title.get(plain(attempt.after["title"]))
        if album_id and album_id not in bound:
            retry_deadlocks(partial(_close, attempt, lease, album_id))
        elif showcase.albums_complete and showcase.started_at >= settled_after(attempt):
            retry_deadlocks(partial(_close, attempt, lease))


def _close(attempt: Attempt, lease: Held, album_id: int | None = None) -> None:
    """The album was found, or it is not there."""
    state = Attempt.State.ABSENT
    with transaction.atomic():
        lease.renew()
        if album_id:
            state = Attempt.State.ACCEPTED
            row = AlbumListing.objects.filter(pk=attempt.about)
            row.update(album_id=album_id, sent_title=attempt.after["title"], due_at=None)
        # Goods that wait for the album need wait no longer.
        Listing.objects.filter(community=lease.community, lane=Lane.ALBUM).update(due_at=None)
        Attempt.objects.filter(pk=attempt.pk).update(state=state, album_in_flight=None, finished_at=clock.now())
