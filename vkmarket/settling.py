"""Adds whose answer was lost: found by their mark, or proven absent; and twins, of which one stays."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Max, Q, QuerySet

from connections.clients.vk import MarketItem
from connections.models import Community
from evosync.base import clock
from evosync.base.upsert import retry_deadlocks, retrying

from . import album_sending
from .intentions import settled_after
from .items import Item
from .leasing import Held
from .market import Showcase
from .models import AlbumListing, Attempt, Listing
from .outcomes import LOST_ANSWER, keep
from .plan import KEPT
from .reasons import Block

log = structlog.get_logger(__name__)

GIVE_UP = timedelta(hours=24)
# How an add may have ended that has made an item. What is proven absent may turn up all the same.
HAPPENED = (Attempt.State.ACCEPTED, Attempt.State.UNKNOWN, Attempt.State.ABSENT)
# After an add without an answer, complete reads look for it at these moments.
LOOKS = (timedelta(minutes=1), timedelta(minutes=5))


def needs_a_look(community: Community) -> bool:
    """Is there an add to look for now?"""
    lost = Q(unsettled_since__isnull=False) & (Q(due_at=None) | Q(due_at__lte=clock.now()))
    twins = Q(twin_check_at__lte=clock.now())
    return (
        Listing.objects.filter(lost | twins, community=community).exists()
        or album_sending.unanswered(community).exists()
    )


def _open(community: Community) -> QuerySet[Listing]:
    return Listing.objects.filter(community=community, unsettled_since__isnull=False)


def _twins(community: Community) -> QuerySet[Listing]:
    return Listing.objects.filter(community=community, twin_check_at__lte=clock.now())


def settle(showcase: Showcase, lease: Held) -> int:
    """Compare what a read showed with the adds that are open; how many were found. Only absence needs a
    complete read."""
    by_sku = showcase.by_sku()
    waiting = _keys(_open(lease.community))
    bound = _bound_items(lease.community) if waiting else set()

    def settle_open(listing: Listing) -> bool:
        found = [item_id for item_id in by_sku.get(listing.sku, []) if item_id not in bound]
        return _settle_one(listing, found, showcase)

    def settle_twin(listing: Listing) -> None:
        due = listing.twin_check_at
        if showcase.complete and due and showcase.started_at >= due:
            _check_twin(listing, by_sku.get(listing.sku, []))

    count = _each(_open(lease.community), waiting, lease, settle_open)
    album_sending.settle(showcase, lease)
    _each(_twins(lease.community), _keys(_twins(lease.community)), lease, settle_twin)
    return count


def _bound_items(community: Community) -> set[int]:
    return set(Listing.objects.filter(community=community).bound().values_list("vk_item_id", flat=True))


def _keys(rows: QuerySet[Listing]) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _each(rows: QuerySet[Listing], pks: Iterable[int], lease: Held, work: Callable[[Listing], bool | None]) -> int:
    """Do it to each listing as it is now, a transaction each, as the holder of the lease; how often it said yes.

    An answer that comes late, to a worker that lost the lease, binds an item at any moment: a listing that was
    read before is old, and one that is no longer among `rows` is left alone.
    """
    count = 0
    for pk in pks:

        def write(pk=pk):
            with transaction.atomic():
                lease.renew()
                listing = rows.select_for_update().filter(pk=pk).first()
                return bool(listing and work(listing))

        count += retry_deadlocks(write)
    return count


def _settle_one(listing: Listing, found: list[int], showcase: Showcase) -> bool:
    """Settle one open add; whether its item was found."""
    attempt = listing.attempts.filter(in_flight=listing.pk).order_by("-pk").first()
    if attempt is None:
        listing.unsettled_since = None
    elif found:
        _adopt(listing, attempt, found[0])
    elif showcase.complete and showcase.started_at >= settled_after(attempt):
        _close(attempt, Attempt.State.ABSENT)
        listing.unsettled_since, listing.due_at = None, None
        _release(listing)
        if clock.now() - _asked_since(listing) > GIVE_UP:
            # A day of adds that all came to nothing.
            listing.blocked = Block.UNSETTLED
    else:
        listing.due_at = _next_look(attempt, clock.now())
    if listing.unsettled_since and clock.now() - listing.unsettled_since > GIVE_UP:
        listing.blocked = Block.UNSETTLED
    listing.plan_lane()
    listing.save()
    return bool(attempt and found)


def _next_look(attempt: Attempt, now: datetime) -> datetime:
    """The next moment at which a complete read shall look for the item."""
    moments = [attempt.sent_at + pause for pause in LOOKS] + [settled_after(attempt)]
    return next((moment for moment in moments if moment > now), now + LOOKS[-1])


def _asked_since(listing: Listing) -> datetime:
    """When the first of the adds was sent that all came to nothing since the last one that did not."""
    since = clock.now()
    adds = listing.attempts.filter(kind=Attempt.Kind.CREATE).order_by("-pk")
    for state, sent_at in adds.values_list("state", "sent_at"):
        if state == Attempt.State.ACCEPTED:
            break
        if state == Attempt.State.ABSENT:
            since = sent_at
    return since


def _adopt(listing: Listing, attempt: Attempt, item_id: int) -> None:
    """The add did happen: this is its item."""
    _close(attempt, Attempt.State.ACCEPTED)
    listing.vk_item_id, listing.unsettled_since = item_id, None
    _release(listing)
    listing.take(attempt.after, clock.now())
    if not attempt.after["visible"]:
        listing.twin_check_at = settled_after(attempt)


def _release(listing: Listing) -> None:
    if listing.blocked == Block.UNSETTLED:
        listing.blocked = ""


def _close(attempt: Attempt, state: str) -> None:
    Attempt.objects.filter(pk=attempt.pk).update(state=state, in_flight=None, finished_at=clock.now())


def _check_twin(listing: Listing, found: list[int]) -> None:
    """A hidden second add is shown once it is the only item of its mark."""
    if 1 < len(found) <= _adds(listing):
        # Twins of our own making: the surplus is deleted first.
        return
    listing.twin_check_at = None
    listing.plan_lane()
    listing.save(update_fields=["twin_check_at", "lane"])


def _adds(listing: Listing) -> int:
    """How many items our adds of this listing may have made that we have not deleted since."""
    accepted = listing.attempts.filter(state=Attempt.State.ACCEPTED)
    last = accepted.filter(kind=Attempt.Kind.DELETE).aggregate(last=Max("pk"))["last"] or 0
    made = listing.attempts.filter(kind=Attempt.Kind.CREATE, state__in=HAPPENED, pk__gt=last).count()
    return made - accepted.filter(kind=Attempt.Kind.TWIN, pk__gt=last).count()


def _all_deleted(listing: Listing) -> bool:
    """Have we deleted as many items as our adds of this listing may have made, and at least one?"""
    accepted = listing.attempts.filter(state=Attempt.State.ACCEPTED)
    deleted = accepted.filter(kind__in=(Attempt.Kind.DELETE, Attempt.Kind.TWIN)).count()
    return bool(deleted) and listing.attempts.filter(kind=Attempt.Kind.CREATE, state__in=HAPPENED).count() <= deleted


def surplus(showcase: Showcase, community: Community) -> list[tuple[Listing, int]]:
    """Items of our marks beside the bound one that our own repeated adds have made, to be deleted.

    More items of a mark than adds that may have happened: one of them is the merchant's copy, and none is touched.
    """
    doubled = {sku: ids for sku, ids in showcase.by_sku().items() if len(ids) > 1}
    extra = []
    for listing in Listing.objects.filter(community=community, sku__in=doubled).bound():
        ids = doubled[listing.sku]
        if listing.vk_item_id not in ids:
            continue
        if _adds(listing) >= len(ids):
            # One a round: a listing has one attempt in flight.
            extra.append((listing, next(item_id for item_id in ids if item_id != listing.vk_item_id)))
        else:
            log.warning("an item with our mark that we did not make", sku=listing.sku, items=ids)
    return extra


def adopt_marked(showcase: Showcase, lease: Held) -> int:
    """Bind listings that know no item to the items that carry their marks: a restored or moved database.

    What VK shows becomes what it "accepted", so the next plan sends only what differs. A listing of which we have
    deleted all that we made is left alone: an item of its mark is the merchant's copy.
    """
    by_sku = showcase.by_sku()
    unbound = Listing.objects.filter(
        community=lease.community, vk_item_id=None, unsettled_since=None, wanted__isnull=False
    )
    shown = _keys(unbound.filter(sku__in=list(by_sku)))
    bound = _bound_items(lease.community) if shown else set()
    free = {sku: next((item_id for item_id in ids if item_id not in bound), None) for sku, ids in by_sku.items()}

    def adopt(listing: Listing) -> bool:
        item_id = free[listing.sku]
        if item_id is None or _all_deleted(listing):
            return False
        take_over_item(listing, showcase.items[item_id])
        return True

    return _each(unbound, shown, lease, adopt)


def take_over_item(listing: Listing, item: MarketItem) -> None:
    """Bind the item to the listing, which wishes something."""
    show_item(listing, item)
    listing.save()


def show_item(listing: Listing, item: MarketItem) -> None:
    """The listing as it is with this item: what VK shows becomes what it accepted. Saves nothing.

    An item without our mark was made by hand: it gets the mark with the next call, and keeps its picture until the
    till has another one than now (`plan.KEPT`).
    """
    wanted, marked = Item.from_json(listing.wanted), item.sku == listing.sku
    seen = Item(
        name=item.title,
        description=item.description,
        price=item.price if item.price is not None else wanted.price,
        category_id=item.category_id or wanted.category_id,
        stock=item.stock if item.stock is not None else wanted.stock,
        visible=item.visible is not False,
        photo=wanted.photo if marked else KEPT + wanted.photo,
        album=next((pk for pk, album_id in _albums_of(listing, wanted) if album_id in item.albums), None),
        marked=marked,
    )
    listing.vk_item_id = item.item_id
    _release(listing)
    listing.photo_id, listing.photo_source = (item.photos[0] if item.photos else None), seen.photo
    listing.take(seen.to_json(), clock.now())
    listing.plan_lane()


def _albums_of(listing: Listing, wanted: Item) -> list[tuple[int, int]]:
    """The album that it shall lie in, as (row, VK's id), if there is one: it may lie there already."""
    if wanted.album is None:
        return []
    rows = AlbumListing.objects.filter(community=listing.community_id, pk=wanted.album)
    return [(pk, album_id) for pk, album_id in rows.values_list("pk", "album_id") if album_id is not None]


def take_over(lease: Held) -> int:
    """Close what an earlier holder left open: its adds are of unknown outcome, the rest is due again."""
    ours = Q(listing__community=lease.community) | Q(album__community=lease.community)
    open_ones = Q(in_flight__isnull=False) | Q(album_in_flight__isnull=False)
    left = Attempt.objects.filter(open_ones, ours, state=Attempt.State.SENT, fence__lt=lease.fence)
    for attempt in left:
        _take_over(attempt, lease)
    return len(left)


@retrying
def _take_over(attempt: Attempt, lease: Held) -> None:
    with transaction.atomic():
        lease.renew()
        if attempt.listing_id:
            keep([(attempt, LOST_ANSWER)])
        else:
            album_sending.record_one(attempt, LOST_ANSWER)
