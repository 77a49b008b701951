"""A community that went over to another account of EvoSync: a shop that signed up anew, or another shop.

What both accounts read of the same till keeps its item in VK. All else that the former account published is nobody's
here: it stays as it is, as what was made by hand does, until that account comes back and finds it by its mark.
"""

from collections.abc import Collection
from itertools import batched

from django.db.models import Q, QuerySet

from accounts.models import User
from catalog.models import CachedProduct, CachedStore
from connections.models import Community
from evosync.base.upsert import BATCH, retrying, upsert

from . import rebinding
from .leasing import beside
from .models import Attempt, Listing, ListingSource
from .models.listings import ListingQuerySet

# The columns that forgetting a listing changes.
FORGOTTEN = (
    *("vk_item_id", "sent", "seen", "drift", "photo_id", "photo_source", "shown", "written_at", "confirmed_at"),
    *("due_at", "blocked", "error_code", "error_text", "accepted", "wanted", "wanted_hash", "wanted_delete", "hold"),
    *("lane", "corrected_at", "twin_check_at", "approved_hash", "declined_hash"),
)


def inherit(user: User, community: Community) -> None:
    """Before anything is wished of this merchant's goods. Where nobody else has published there, one quick question."""
    mine = list(CachedStore.objects.of(user).values_list("pk", flat=True))
    if not _theirs(community, mine).exists():
        return
    for heirs in batched(sorted(_heirs(community, mine).items()), BATCH):
        _hand_over(dict(heirs), community)
    left = _theirs(community, mine).exclude(vk_item_id=None, wanted__isnull=True, hold="", blocked="", lane=None)
    for some in batched(list(left.values_list("pk", flat=True)), BATCH):
        _forget(some, community)


def _theirs(community: Community, mine: list[int]) -> ListingQuerySet:
    """Listings whose source is sold in no store of this merchant."""
    return Listing.objects.filter(community=community, store__isnull=False).exclude(store__in=mine)


def _heirs(community: Community, mine: list[int]) -> dict[int, int]:
    """Their listings by the same products of this merchant, told by Evotor's ids. A product that has been in VK, or
    may be, has a listing of its own."""
    sources = ListingSource.objects.filter(community=community)
    theirs = sources.filter(listing__in=_theirs(community, mine)).order_by("listing__vk_item_id", "listing")
    known = theirs.values_list("product__store__evotor_id", "product__evotor_id", "listing")
    # Of several former accounts' that which stands in VK, the newest.
    listings = {(store, product): listing for store, product, listing in known}
    found: dict[int, int] = {}
    for some in batched(listings, BATCH):
        rows = CachedProduct.objects.filter(store__in=mine, evotor_id__in={product for _store, product in some})
        rows = rows.exclude(pk__in=_tried(community).values("product"))
        for pk, store, product in rows.values_list("pk", "store__evotor_id", "evotor_id"):
            if (listing := listings.get((store, product))) is not None:
                found[listing] = pk
    return found


def _tried(community: Community) -> QuerySet[ListingSource]:
    """Sources whose listings are in VK, or may be."""
    asked = Attempt.objects.filter(listing__community=community).values("listing")
    may_be = Q(listing__vk_item_id__isnull=False) | Q(listing__in=asked)
    return ListingSource.objects.filter(may_be, community=community)


@retrying
def _hand_over(by_listing: dict[int, int], community: Community) -> None:
    with beside(community):
        rebinding.swap(by_listing, community)


@retrying
def _forget(listings: Collection[int], community: Community) -> None:
    with beside(community):
        under_way = Attempt.objects.filter(in_flight__in=listings).values("in_flight")
        ours = Listing.objects.select_for_update().filter(pk__in=listings, unsettled_since=None)
        rows = list(ours.exclude(pk__in=under_way).order_by("pk"))
        for row in rows:
            row.forget()
        upsert(Listing, rows, unique=["community", "sku"], fields=FORGOTTEN)
        # Whoever comes back is asked anew what they want of it.
        ListingSource.objects.filter(listing__in=listings).update(basis="")
