"""What came of a call to VK, committed after it: what the answer says of its attempts, and of their listings."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from connections.clients.vk import NotRun, Ok, Refused, Unknown
from connections.clients.vk_calls import Result
from connections.clients.vk_errors import TOO_FAST
from evosync.base import clock
from evosync.base.upsert import retry_deadlocks, upsert

from . import albums
from .intentions import Intention, settled_after
from .models import AlbumListing, Attempt, Listing
from .reasons import Block

# Codes of single calls: dev.vk.com/reference/errors, and the page of each method.
# What we ask for is so already: the item lies in that album, is not deleted; the market is on, is off.
DONE_ALREADY = {1404, 1518, 1431, 1432}
NOTHING_TO_CHANGE = "nothing to change"
PHOTO_TAKEN = ("photo not found", "already assigned")
# Too many items in the community or an album, too many albums.
FULL, FULL_PAUSE = {1405, 1406, 1407}, timedelta(hours=1)
# VK may have changed its mind, or its owner a setting.
REFUSED_PAUSE = timedelta(days=1)
PARAMETER, GONE, NO_ALBUM = 100, 1403, 1402
# How long an inner call that VK did not run stays away, by VK's code; any other: a minute.
A_MINUTE = timedelta(minutes=1)
PAUSES: dict[int | None, timedelta] = {
    TOO_FAST: timedelta(0),
    # Flood control: too much of the same.
    9: timedelta(minutes=10),
    # The rate limit of this method.
    29: timedelta(hours=1),
    # A captcha.
    14: timedelta(minutes=10),
}
# Too much of one kind of call: the whole lane waits.
THROTTLED = {9, 29}
# Calls that make something, and the name under which VK tells its id.
MADE: dict[str, str] = {Attempt.Kind.CREATE: "market_item_id", Attempt.Kind.ALBUM_CREATE: "market_album_id"}
LOST_ANSWER = Unknown(None, "the worker was lost before the answer came")
# The columns of a listing that an answer may change.
ANSWERED = (
    *("vk_item_id", "wanted", "wanted_hash", "sent", "seen", "photo_id", "photo_source", "lane", "due_at", "blocked"),
    *("error_code", "error_text", "shown", "unsettled_since", "twin_check_at", "written_at", "confirmed_at", "drift"),
)


class Outcome(NamedTuple):
    """VK's answer in our words: the state of the attempt, VK's code, its message."""

    state: str
    code: int | None = None
    text: str = ""


def record(intentions: Sequence[Intention], results: Iterable[Result]) -> None:
    """Keep what VK answered, whoever holds the lease by now."""
    answers = [
        (attempt, _own(intention, result))
        for intention, result in zip(intentions, results, strict=True)
        for attempt in intention.attempts
    ]
    retry_deadlocks(lambda: keep(answers))


def _own(intention: Intention, result: Result) -> Result:
    """What an answer about several listings says of each: a refusal of all together is none of one."""
    if isinstance(result, Refused) and len(intention.attempts) > 1 and result.code not in DONE_ALREADY:
        return NotRun(TOO_FAST, result.message)
    return result


def keep(answers: Iterable[tuple[Attempt, Result]]) -> None:
    """Store what came of attempts about listings, of which each has one. Of an attempt that a later holder has
    closed only what is safe."""
    told = [(attempt, result, outcome_of(attempt, result)) for attempt, result in answers]
    with transaction.atomic():
        now = clock.now()
        open_ones = _close([(attempt, outcome) for attempt, _result, outcome in told], now)
        # What a twin's deletion says is about another item than the listing's own.
        own = {attempt.about for attempt, *_rest in told if attempt.kind != Attempt.Kind.TWIN}
        listings = Listing.objects.select_for_update().order_by("pk").in_bulk(sorted(own))
        changed = []
        for attempt, result, outcome in told:
            listing = listings.get(attempt.about)
            if listing is None:
                continue
            if attempt.pk in open_ones:
                _follow(listing, attempt, result, outcome, now)
                changed.append(listing)
            elif _late(attempt, listing, result, outcome, now):
                changed.append(listing)
        upsert(Listing, changed, unique=["community", "sku"], fields=ANSWERED)


def _close(told: Iterable[tuple[Attempt, Outcome]], now: datetime) -> set[int]:
    """Close those attempts that are still out; which they were. A lost add stays in flight until it is settled."""
    alike: dict[tuple[Outcome, bool], list[int]] = {}
    for attempt, outcome in told:
        alike.setdefault((outcome, _is_lost_add(attempt, outcome)), []).append(attempt.pk)
    out = Attempt.objects.filter(pk__in=[pk for pks in alike.values() for pk in pks], state=Attempt.State.SENT)
    open_ones = set(out.select_for_update().order_by("pk").values_list("pk", flat=True))
    for (outcome, lost), pks in alike.items():
        values = {"state": outcome.state, "error_code": outcome.code, "error_text": outcome.text, "finished_at": now}
        if not lost:
            values["in_flight"] = None
        if mine := open_ones.intersection(pks):
            Attempt.objects.filter(pk__in=mine).update(**values)
    return open_ones


def _is_lost_add(attempt: Attempt, outcome: Outcome) -> bool:
    return outcome.state == Attempt.State.UNKNOWN and attempt.kind == Attempt.Kind.CREATE


def _follow(listing: Listing, attempt: Attempt, result: Result, outcome: Outcome, now: datetime) -> None:
    """What the outcome of its attempt means for a listing."""
    state, code, text = outcome
    if state == Attempt.State.ACCEPTED:
        accept(listing, attempt, result.value if isinstance(result, Ok) else None, now)
    elif _is_lost_add(attempt, outcome):
        unsettle(listing, attempt)
    elif state == Attempt.State.REFUSED:
        refuse(listing, attempt, code, text, now)
    else:
        if state == Attempt.State.UNKNOWN:
            # Perhaps it was written: a read that shows it shall not be taken for a hand in VK.
            listing.written_at, listing.confirmed_at = now, None
        listing.due_at = now + _pause(listing, attempt, state, code)
    listing.plan_lane()


def _pause(listing: Listing, attempt: Attempt, state: str, code: int | None) -> timedelta:
    """How long a call that has to be sent again stays away. A lost answer is followed by one try at once."""
    if state == Attempt.State.UNKNOWN:
        before = listing.attempts.filter(pk__lt=attempt.pk).order_by("-pk").first()
        again = before is not None and before.state == Attempt.State.UNKNOWN and before.kind == attempt.kind
        return A_MINUTE if again else timedelta(0)
    return PAUSES.get(code, A_MINUTE)


def outcome_of(attempt: Attempt, result: Result) -> Outcome:
    """What VK's answer says of the attempt."""
    made = MADE.get(attempt.kind)
    match result:
        case Ok(value=value) if made and not (isinstance(value, dict) and type(value.get(made)) is int):
            return Outcome(Attempt.State.UNKNOWN, None, "VK told no id of what it made")
        case Ok():
            return Outcome(Attempt.State.ACCEPTED)
        case NotRun(code=code, message=message):
            return Outcome(Attempt.State.NOT_RUN, code, message[:500])
        case Unknown(code=code, message=message):
            return Outcome(Attempt.State.UNKNOWN, code, message[:500])
        case Refused(code=code, message=message):
            told = message.lower()
            gone_anyway = code == GONE and attempt.kind in (Attempt.Kind.DELETE, Attempt.Kind.TWIN)
            done_already = code in DONE_ALREADY or (code == PARAMETER and NOTHING_TO_CHANGE in told)
            if gone_anyway or (done_already and not made):
                return Outcome(Attempt.State.ACCEPTED, code, message[:500])
            second = attempt.kind == Attempt.Kind.CREATE and not attempt.after["visible"]
            if second and code == PARAMETER and any(words in told for words in PHOTO_TAKEN):
                # The picture is on an item already: the first add may have happened. Keep looking.
                return Outcome(Attempt.State.UNKNOWN, code, message[:500])
            return Outcome(Attempt.State.REFUSED, code, message[:500])
    raise TypeError(f"not an outcome: {result!r}")


def accept(listing: Listing, attempt: Attempt, value: Any, now: datetime) -> None:
    """VK has taken it: the existing state is what the attempt said. `value`: VK's answer, None where there was none."""
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


def refuse(listing: Listing, attempt: Attempt, code: int | None, text: str, now: datetime) -> None:
    """VK says no: this listing waits for a new wish, the others go on."""
    told = text.lower()
    listing.error_code, was = code, listing.error_code
    listing.error_text = text
    if code == GONE and listing.vk_item_id is not None:
        # Perhaps only that server of VK does not know it: a read tells.
        listing.blocked, listing.confirmed_at = Block.DELETED_IN_VK, None
    elif code == PARAMETER and any(words in told for words in PHOTO_TAKEN) and was != PARAMETER:
        # A picture that VK has forgotten, or that is on another item: one fresh upload.
        listing.photo_id, listing.photo_source = None, ""
    elif code == NO_ALBUM and attempt.kind in (Attempt.Kind.ALBUM_ADD, Attempt.Kind.ALBUM_REMOVE):
        _forget_album(listing, attempt, now)
    else:
        listing.blocked = Block.REFUSED
        # There is no room now; perhaps there will be.
        listing.due_at = now + (FULL_PAUSE if code in FULL else REFUSED_PAUSE)


def _forget_album(listing: Listing, attempt: Attempt, now: datetime) -> None:
    """The album is gone from VK: what lies in it lies nowhere, and the album is looked for or made anew."""
    row = AlbumListing.objects.select_for_update().get(pk=attempt.after.get("album") or attempt.before.get("album"))
    made = row.attempts.filter(kind=Attempt.Kind.ALBUM_CREATE, state=Attempt.State.ACCEPTED).order_by("-pk").first()
    if made and settled_after(made) > now:
        # We have just made it, and not every server of VK may know: another would be one too many.
        listing.due_at = now + A_MINUTE
        return
    albums.forget(row, now)
    listing.amend(album=None)
    listing.due_at = now


def _late(attempt: Attempt, listing: Listing, result: Result, outcome: Outcome, now: datetime) -> bool:
    """An answer that came after another worker took over: does it change the listing? An add tells its item;
    anything else says that what VK shows is to be read again."""
    if outcome.state != Attempt.State.ACCEPTED:
        return False
    if attempt.kind == Attempt.Kind.CREATE and isinstance(result, Ok):
        open_one = Attempt.objects.filter(pk=attempt.pk, state=Attempt.State.UNKNOWN)
        told = open_one.update(state=outcome.state, in_flight=None, finished_at=now)
        if not told or listing.vk_item_id is not None:
            return False
        accept(listing, attempt, result.value, now)
        listing.plan_lane()
    else:
        listing.confirmed_at, listing.written_at = None, now
    return True
