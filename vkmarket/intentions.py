"""What we are about to ask of VK, committed before the call; and what came of it, committed after."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from connections.clients.vk import Call, NotRun, Ok, Refused, Unknown
from evosync.base import clock
from evosync.base.upsert import retry_deadlocks

from .leasing import Held
from .models import AlbumListing, Attempt, Listing
from .reasons import Block

# VK's way of saying that what we ask for is so already.
DONE_ALREADY = {1404, 1518, 1431, 1432}
NOTHING_TO_CHANGE = "nothing to change"
PHOTO_TAKEN = ("photo not found", "already assigned")
# Too many items in the community or an album, too many albums.
FULL, FULL_PAUSE = {1405, 1406, 1407}, timedelta(hours=1)
# VK may have changed its mind, or its owner a setting.
REFUSED_PAUSE = timedelta(days=1)
PARAMETER, GONE, NO_ALBUM, TOO_FAST = 100, 1403, 1402, 6
# How long an inner call that VK did not run stays away, by VK's code; any other: a minute.
A_MINUTE = timedelta(minutes=1)
PAUSES = {TOO_FAST: timedelta(0), 9: timedelta(minutes=10), 29: timedelta(hours=1), 14: timedelta(minutes=10)}
# Too much of one kind of call: the whole lane waits.
THROTTLED = {9, 29}
# After an add without an answer, complete reads look for it at these moments.
LOOKS = (timedelta(minutes=1), timedelta(minutes=5))
# Calls that make something, and the name under which VK tells its id.
MADE: dict[str, str] = {Attempt.Kind.CREATE: "market_item_id", Attempt.Kind.ALBUM_CREATE: "market_album_id"}
LOST_ANSWER = Unknown(None, "the worker was lost before the answer came")


@dataclass(slots=True)
class Intention:
    """One inner call about one or several listings, each with its attempt."""

    call: Call
    attempts: list[Attempt]

    def again(self) -> "Intention":
        """The same once more, to be committed as attempts of their own."""
        kept = ("kind", "listing", "album", "run", "before", "after", "alarm")
        return Intention(self.call, [Attempt(**{name: getattr(a, name) for name in kept}) for a in self.attempts])


def settled_after(attempt: Attempt):
    """When a complete read must have begun to prove that the add of this attempt did not happen."""
    return attempt.sent_at + timedelta(seconds=settings.VK_CALL_DEADLINE + settings.VK_READ_LAG)


def commit(intentions: Sequence[Intention], lease: Held) -> None:
    """Keep the intentions, as the holder of the lease, before a byte of them is sent."""
    attempts = [attempt for intention in intentions for attempt in intention.attempts]

    def write():
        now = clock.now()
        with transaction.atomic():
            lease.renew()
            for attempt in attempts:
                attempt.fence, attempt.sent_at = lease.fence, now
                attempt.in_flight, attempt.album_in_flight = attempt.listing_id, attempt.album_id
            Attempt.objects.bulk_create(attempts)

    retry_deadlocks(write)


def record(intentions: Sequence[Intention], results: Iterable) -> None:
    """Keep what VK answered, whoever holds the lease by now."""
    pairs = [
        (attempt, _own(intention, result))
        for intention, result in zip(intentions, results, strict=True)
        for attempt in intention.attempts
    ]

    def write():
        with transaction.atomic():
            for attempt, result in sorted(pairs, key=lambda pair: pair[0].listing_id or 0):
                record_one(attempt, result)

    retry_deadlocks(write)


def _own(intention: Intention, result):
    """What an answer about several listings says of each: a refusal of all together is none of one."""
    if isinstance(result, Refused) and len(intention.attempts) > 1 and result.code not in DONE_ALREADY:
        return NotRun(TOO_FAST, result.message)
    return result


def record_one(attempt: Attempt, result) -> None:
    """Store one listing's outcome. An attempt that a later holder has closed changes only what is safe."""
    now = clock.now()
    state, code, text = outcome_of(attempt, result)
    still_unknown = state == Attempt.State.UNKNOWN and attempt.kind == Attempt.Kind.CREATE
    closed = Attempt.objects.filter(pk=attempt.pk, state=Attempt.State.SENT).update(
        state=state,
        finished_at=now,
        error_code=code,
        error_text=text,
        in_flight=attempt.listing_id if still_unknown else None,
    )
    if attempt.kind == Attempt.Kind.TWIN:
        # It was about another item than the listing's own.
        return
    listing = Listing.objects.select_for_update().get(pk=attempt.listing_id)
    if not closed:
        _late(attempt, listing, state, result, now)
        return
    if state == Attempt.State.ACCEPTED:
        accept(listing, attempt, result.value if isinstance(result, Ok) else None, now)
    elif still_unknown:
        unsettle(listing, attempt)
    elif state == Attempt.State.REFUSED:
        refuse(listing, attempt, code, text, now)
    else:
        if state == Attempt.State.UNKNOWN:
            # Perhaps it was written: a read that shows it shall not be taken for a hand in VK.
            listing.written_at, listing.confirmed_at = now, None
        listing.due_at = now + _pause(attempt, state, code)
    listing.plan_lane()
    listing.save()


def _pause(attempt: Attempt, state: str, code: int | None) -> timedelta:
    """How long a call that has to be sent again stays away. A lost answer is followed by one try at once."""
    if state == Attempt.State.UNKNOWN:
        before = attempt.listing.attempts.filter(pk__lt=attempt.pk).order_by("-pk").first()
        again = before is not None and before.state == Attempt.State.UNKNOWN and before.kind == attempt.kind
        return A_MINUTE if again else timedelta(0)
    return PAUSES.get(code, A_MINUTE)


def outcome_of(attempt: Attempt, result) -> tuple[str, int | None, str]:
    """VK's answer in our words: the state of the attempt, VK's code, its message."""
    made = MADE.get(attempt.kind)
    match result:
        case Ok(value=value) if made and not (isinstance(value, dict) and type(value.get(made)) is int):
            return Attempt.State.UNKNOWN, None, "VK told no id of what it made"
        case Ok():
            return Attempt.State.ACCEPTED, None, ""
        case NotRun(code=code, message=message):
            return Attempt.State.NOT_RUN, code, message[:500]
        case Unknown(code=code, message=message):
            return Attempt.State.UNKNOWN, code, message[:500]
        case Refused(code=code, message=message):
            told = message.lower()
            gone_anyway = code == GONE and attempt.kind in (Attempt.Kind.DELETE, Attempt.Kind.TWIN)
            done_already = code in DONE_ALREADY or (code == PARAMETER and NOTHING_TO_CHANGE in told)
            if gone_anyway or (done_already and not made):
                return Attempt.State.ACCEPTED, code, message[:500]
            second = attempt.kind == Attempt.Kind.CREATE and not attempt.after["visible"]
            if second and code == PARAMETER and any(words in told for words in PHOTO_TAKEN):
                # The picture is on an item already: the first add may have happened. Keep looking.
                return Attempt.State.UNKNOWN, code, message[:500]
            return Attempt.State.REFUSED, code, message[:500]
    raise TypeError(f"not an outcome: {result!r}")


def accept(listing: Listing, attempt: Attempt, value, now) -> None:
    """VK has taken it: the existing state is what the attempt said."""
    if attempt.kind == Attempt.Kind.DELETE:
        listing.vk_item_id, listing.sent, listing.photo_id, listing.photo_source = None, None, None, ""
        listing.wanted, listing.wanted_hash, listing.shown = None, "", False
        listing.written_at = listing.confirmed_at = None
        return
    if attempt.kind == Attempt.Kind.CREATE:
        listing.vk_item_id = listing.vk_item_id or value["market_item_id"]
        listing.unsettled_since = None
        if not attempt.after["visible"]:
            listing.twin_check_at = now + timedelta(seconds=settings.VK_CALL_DEADLINE + settings.VK_READ_LAG)
    listing.take((listing.sent or {}) | attempt.after, now)


def unsettle(listing: Listing, attempt: Attempt) -> None:
    """Nobody knows whether the item is there: only this listing waits, while its wish goes on changing.

    It is looked for at once.
    """
    listing.unsettled_since = listing.unsettled_since or attempt.sent_at
    listing.due_at = clock.now()


def next_look(attempt: Attempt, now):
    """The next moment at which a complete read shall look for the item."""
    moments = [attempt.sent_at + pause for pause in LOOKS] + [settled_after(attempt)]
    return next((moment for moment in moments if moment > now), now + LOOKS[-1])


def refuse(listing: Listing, attempt: Attempt, code: int, text: str, now) -> None:
    """VK says no: this listing waits for a new wish, the others go on."""
    told = text.lower()
    listing.error_code, was = code, listing.error_code
    listing.error_text = text
    if code == GONE:
        listing.blocked = Block.DELETED_IN_VK
    elif code == PARAMETER and any(words in told for words in PHOTO_TAKEN) and was != PARAMETER:
        # A picture that VK has forgotten, or that is on another item: one fresh upload.
        listing.photo_id, listing.photo_source = None, ""
    elif code == NO_ALBUM and attempt.kind in (Attempt.Kind.ALBUM_ADD, Attempt.Kind.ALBUM_REMOVE):
        _forget_album(listing, attempt, now)
    else:
        listing.blocked = Block.REFUSED
        # There is no room now; perhaps there will be.
        listing.due_at = now + (FULL_PAUSE if code in FULL else REFUSED_PAUSE)


def _forget_album(listing: Listing, attempt: Attempt, now) -> None:
    """The album is gone from VK: what lies in it lies nowhere, and the album is looked for or made anew."""
    album = attempt.after.get("album") or attempt.before.get("album")
    AlbumListing.objects.filter(pk=album).update(album_id=None, sent_title="", adopted=False)
    listing.sent = listing.sent | {"album": None}
    listing.due_at = now


def _late(attempt: Attempt, listing: Listing, state: str, result, now) -> None:
    """An answer that came after another worker took over. An add tells its item; anything else says that
    what VK shows is to be read again."""
    if state != Attempt.State.ACCEPTED:
        return
    if attempt.kind == Attempt.Kind.CREATE and isinstance(result, Ok):
        open_one = Attempt.objects.filter(pk=attempt.pk, state=Attempt.State.UNKNOWN)
        if open_one.update(state=state, in_flight=None, finished_at=now) and listing.vk_item_id is None:
            accept(listing, attempt, result.value, now)
            listing.plan_lane()
            listing.save()
        return
    listing.confirmed_at, listing.written_at = None, now
    listing.save(update_fields=["confirmed_at", "written_at"])
