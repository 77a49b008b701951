"""Reading back is the only proof: what VK shows is compared with what it accepted."""

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from connections.clients.vk import MarketItem
from connections.clients.vk_calls import MOST_CALLS, MOST_IDS
from connections.models import Community
from evosync.base import clock
from evosync.base.upsert import BATCH, retry_deadlocks, upsert

from .items import Item
from .leasing import Held
from .market import Market
from .models import AlbumListing, Attempt, Listing
from .reasons import Block
from .refreshing import mirror_items
from .renderings import same_text
from .stages import Stage, Tell, untold

# So many items one request reads back.
READ_AT_ONCE = MOST_IDS * MOST_CALLS
# The columns of a listing that a read may change.
COMPARED = (
    *("confirmed_at", "drift", "seen", "sent", "lane", "due_at", "corrected_at", "blocked", "shown"),
    *("vk_item_id", "photo_id", "photo_source", "written_at", "error_code", "error_text", "accepted"),
)
# So long what VK shows may come of a call whose answer got lost. After that a hand has done the same.
LOST_FOR = timedelta(days=1)
SEEN_FIELDS = ("title", "description", "price", "stock", "availability", "category_id", "albums", "photos")


class Albums(NamedTuple):
    """VK's albums by our rows, and the other way round."""

    ids: dict[int, int | None]
    rows: dict[int, int]

    @classmethod
    def of(cls, community: Community) -> "Albums":
        ids = dict(AlbumListing.objects.filter(community=community).values_list("pk", "album_id"))
        return cls(ids, {album_id: pk for pk, album_id in ids.items() if album_id is not None})


def differing(sent: Item, photo_id: int | None, album_id: int | None, seen: MarketItem) -> list[str]:
    """The fields of which a buyer sees something else than VK accepted, in Item's words.

    `album_id` is the VK album of `sent.album`. What VK did not tell is no difference.
    """
    checks = {
        "name": same_text(sent.name, seen.title),
        "description": same_text(sent.description, seen.description),
        "price": seen.price is None or seen.price == sent.price,
        "category_id": seen.category_id is None or seen.category_id == sent.category_id,
        "stock": seen.stock is None or seen.stock == sent.stock,
        "visible": seen.visible in (None, sent.visible and sent.stock != 0, sent.visible),
        "photo": not seen.photos or photo_id is None or photo_id in seen.photos,
        "album": album_id is None or album_id in seen.albums,
    }
    return [name for name, same in checks.items() if not same]


def unconfirmed(community: Community):
    """The listings of which no read has shown what VK has accepted."""
    return Listing.objects.filter(community=community, confirmed_at=None, sent__isnull=False).bound()


def confirm(market: Market, lease: Held, tell: Tell = untold) -> None:
    """Read back everything that is not confirmed yet, 2 500 items a request: six requests at most, since a community
    has 15 000 items at most."""
    ids = list(unconfirmed(market.community).values_list("vk_item_id", flat=True).order_by("pk"))
    done = 0
    for some in batched(ids, READ_AT_ONCE):
        started_at, found = market.read_back(some)
        mirror_items(found.values(), market.community)
        compare(market.community, lease, some, found, started_at)
        done += len(some)
        tell(Stage.CONFIRMING, done, len(ids))


def compare(
    community: Community, lease: Held, item_ids: Collection[int], found: dict[int, MarketItem], started_at: datetime
) -> None:
    """Keep what a read begun at `started_at` says of these items. Within VK's read lag of our last write it
    can confirm, and never contradict."""
    if not item_ids:
        return
    albums = Albums.of(community)
    past_lag = started_at - timedelta(seconds=settings.VK_READ_LAG)
    ours = Listing.objects.filter(community=community, sent__isnull=False).order_by("pk")
    for some in batched(item_ids, BATCH):

        def write(some=some):
            with transaction.atomic():
                lease.renew()
                # Locked: a late answer asks to be read back, and must not be confirmed by what was read before it.
                rows = ours.select_for_update().filter(vk_item_id__in=some)
                upsert(
                    Listing,
                    [row for row in rows if _compare_one(row, found.get(row.item_id), albums, past_lag)],
                    unique=["community", "sku"],
                    fields=COMPARED,
                )

        retry_deadlocks(write)


def _compare_one(listing: Listing, seen: MarketItem | None, albums: Albums, past_lag: datetime) -> bool:
    """Keep with the listing what a read says of it, which may contradict what was written before `past_lag`; whether
    it says anything."""
    may_contradict = bool(listing.written_at and listing.written_at <= past_lag)
    if seen is None:
        if may_contradict and not _is_our_deletion(listing):
            listing.blocked, listing.shown, listing.confirmed_at = Block.DELETED_IN_VK, False, None
        return may_contradict
    if back := listing.blocked == Block.DELETED_IN_VK:
        # It was put back by hand.
        listing.blocked, listing.shown = Block.NONE, _is_shown(listing)
    drift = _drift(listing, seen, albums)
    if _takes_what_got_lost(listing, seen, albums, drift if may_contradict else []):
        drift = _drift(listing, seen, albums)
    drift = [
        name
        for name in drift
        if listing.accepted.get(name) != pair(name, Item.from_json(listing.sent).to_json(), _told(seen))
    ]
    if not drift:
        listing.confirmed_at, listing.drift, listing.seen = clock.now(), [], None
    elif may_contradict:
        listing.confirmed_at, listing.drift = clock.now(), drift
        listing.seen = _told(seen)
        _correct(listing, seen)
    elif listing.confirmed_at is not None:
        # Perhaps an old answer, perhaps a hand in VK: the mirror has seen it now, and will not call it news again.
        listing.confirmed_at = None
    else:
        return back
    return True


def _drift(listing: Listing, seen: MarketItem, albums: Albums) -> list[str]:
    """What VK shows otherwise than `listing.sent`."""
    sent = Item.from_json(listing.sent)
    # A picture that was uploaded is not on the item before VK has accepted that.
    photo_id = listing.photo_id if listing.photo_source == sent.photo else None
    return differing(sent, photo_id, albums.ids.get(sent.album) if sent.album else None, seen)


def _is_shown(listing: Listing) -> bool:
    sent = Item.from_json(listing.sent)
    return sent.visible and sent.stock != 0


def _has_other_picture(listing: Listing) -> bool:
    """Was a picture uploaded that VK has not accepted, as far as we know?"""
    return listing.photo_id is not None and listing.photo_source != Item.from_json(listing.sent).photo


def _takes_what_got_lost(listing: Listing, seen: MarketItem, albums: Albums, differing_now: list[str]) -> bool:
    """Does VK show what a call of ours has made whose answer got lost? Then VK has accepted it, whatever is wished
    for by now, and no hand was there."""
    known: dict = listing.sent or {}
    other_albums = {albums.rows[one] for one in seen.albums if one in albums.rows} - {known.get("album")}
    if not (differing_now or other_albums or _has_other_picture(listing)):
        return False
    happened = []
    for name, value, attempt in _lost_calls(listing):
        listing.sent = known | {name: value}
        # Where it lies and its picture's id are proof, however old the read may be, and no difference by themselves.
        proven = {
            "album": value in other_albums,
            "photo": bool(seen.photos) and not _has_other_picture(listing),
        }
        if (proven.get(name) or name in differing_now) and name not in _drift(listing, seen, albums):
            known = listing.sent
            happened.append(attempt.pk)
    listing.sent = known
    if happened:
        Attempt.objects.filter(pk__in=happened).update(state=Attempt.State.ACCEPTED)
        listing.shown, listing.due_at = _is_shown(listing), None
        listing.plan_lane()
    return bool(happened)


def _is_our_deletion(listing: Listing) -> bool:
    """Is the item gone by a deletion of ours whose answer got lost, though it is wished for again? Then it is made
    anew, and nobody is asked."""
    last = _carried_out(listing).last()
    if last is None or listing.wanted_delete or last.kind != Attempt.Kind.DELETE or not _is_lost(last):
        return False
    Attempt.objects.filter(pk=last.pk).update(state=Attempt.State.ACCEPTED)
    listing.leave_item()
    listing.plan_lane()
    return True


def _lost_calls(listing: Listing) -> list[tuple[str, Any, Attempt]]:
    """The field, its value and the call, where the answer to the last call about it got lost; it may lie in several
    albums, of which each is a field by itself."""
    last = {}
    for attempt in _carried_out(listing):
        for name, value in attempt.after.items():
            album = value or attempt.before.get("album") if name == "album" else None
            last[name, album] = (name, value, attempt)
    edits = (told for told in last.values() if told[2].kind not in (Attempt.Kind.CREATE, Attempt.Kind.DELETE))
    return [told for told in edits if _is_lost(told[2])]


def _is_lost(attempt: Attempt) -> bool:
    return attempt.state == Attempt.State.UNKNOWN and attempt.sent_at > clock.now() - LOST_FOR


def _carried_out(listing: Listing) -> QuerySet[Attempt]:
    """The calls about its item, as they came, that VK has carried out or may have."""
    nothing = (Attempt.State.REFUSED, Attempt.State.NOT_RUN, Attempt.State.ABSENT)
    return listing.attempts.exclude(kind=Attempt.Kind.TWIN).exclude(state__in=nothing).order_by("pk")


# Where a field of Item stands in what VK tells.
SEEN_AS = {"name": "title", "visible": "availability", "photo": "photos", "album": "albums"}


def pair(name: str, sent: dict, seen: dict) -> list:
    """What we had sent of a field, and what VK showed, as a person is shown both and `Listing.accepted` keeps them."""
    theirs = seen[SEEN_AS.get(name, name)]
    return [sent[name], list(theirs) if isinstance(theirs, tuple) else theirs]


def _told(seen: MarketItem) -> dict:
    return {name: _json(getattr(seen, name)) for name in SEEN_FIELDS}


def _correct(listing: Listing, seen: MarketItem) -> None:
    """Price and stock are ours: what VK shows becomes what it has, so that our wish is sent once more. Once: a
    market that insists is told to the merchant."""
    shown = {"price": str(seen.price), "stock": seen.stock}
    ours = {name: shown[name] for name in ("price", "stock") if name in listing.drift}
    if not ours or listing.corrected_at:
        return
    listing.amend(**ours)
    listing.corrected_at, listing.due_at = clock.now(), None
    listing.plan_lane()
    # What shows our wish already, whoever brought it there, is no difference.
    change = listing.change()
    due = change.fields if change else {}
    listing.drift = [name for name in listing.drift if name not in ours or name in due]


def _json(value):
    return str(value) if value is not None and not isinstance(value, int | str | list | tuple) else value
