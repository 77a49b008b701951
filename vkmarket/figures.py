"""Where a community's goods stand now: the figures of every page, report and metric, in five cheap queries."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import BooleanField, Count, ExpressionWrapper, Q

from accounts.models import User
from catalog.models import CachedProduct, CachedStore
from connections.models import Community

from .models import AlbumListing, Listing
from .reasons import Block, Reason

GUARDED = (Block.GUARD_REMOVALS, Block.GUARD_CREATES, Block.GUARD_PRICES)
# What only the merchant can settle.
ASKING_HOLDS = (Reason.NO_CATEGORY, Reason.AMBIGUOUS_REBIND, Block.MATCH)


@dataclass(slots=True)
class Figures:
    """Counts of goods that are true of the community now. "Confirmed" means that a read of VK has shown it as sent."""

    products: int = 0
    # Of goods that are on the till: how many each rule holds back, or something like them in VK.
    reasons: Counter = field(default_factory=Counter)
    # Why the sender leaves listings alone.
    blocks: Counter = field(default_factory=Counter)
    albums_refused: int = 0
    unknown: int = 0
    waiting: int = 0
    drift: int = 0
    confirmed: int = 0

    @property
    def guarded(self) -> int:
        return sum(self.blocks[block] for block in GUARDED)

    @property
    def held(self) -> int:
        return self.reasons.total() + self.guarded

    @property
    def failed(self) -> int:
        return self.blocks.total() - self.guarded + self.albums_refused


def of_user(user: User) -> int:
    """How many goods the merchant's tills hold."""
    return _on_the_till(_stores(user))


def of_community(user: User, community: Community) -> Figures:
    stores = _stores(user)
    figures = Figures(products=_on_the_till(stores))
    figures.albums_refused = AlbumListing.objects.filter(community=community).exclude(blocked="").count()
    for row in _counted(community):
        count = row["goods"]
        if row["hold"]:
            figures.reasons[row["hold"]] += count
        if row["blocked"] == Block.MATCH:
            figures.reasons[Block.MATCH] += count
        elif row["blocked"]:
            figures.blocks[row["blocked"]] += count
        elif row["due"] or (row["bound"] and not row["read"]):
            figures.waiting += count
        figures.unknown += count * row["open"]
        figures.drift += count * row["has_drift"]
        figures.confirmed += count * (row["bound"] and row["read"] and not row["has_drift"])
    if figures.reasons:
        figures.reasons -= _held_and_gone(stores, community)
    return figures


def _counted(community: Community):
    """Listings by what the figures ask of them. One walk over the index `listing_figures`, which covers it all."""
    flags = {
        "due": Q(lane__isnull=False),
        "bound": Q(vk_item_id__isnull=False),
        "read": Q(confirmed_at__isnull=False),
        "open": Q(unsettled_since__isnull=False),
    }
    told = {name: ExpressionWrapper(flag, output_field=BooleanField()) for name, flag in flags.items()}
    rows = Listing.objects.filter(community=community).order_by().annotate(**told)
    return rows.values("hold", "blocked", "has_drift", *told).annotate(goods=Count("pk"))


def _held_and_gone(stores: list[int], community: Community) -> Counter:
    """Held goods that are no longer on the till: nobody asks why they are not in VK. Few, and so counted apart."""
    gone = Listing.objects.filter(
        community=community, source__product__store__in=stores, source__product__absent_since__isnull=False
    )
    return Counter(dict(gone.exclude(hold="").order_by().values_list("hold").annotate(Count("pk"))))


def _on_the_till(stores: list[int]) -> int:
    return CachedProduct.objects.present().filter(store__in=stores).count()


def _stores(user: User) -> list[int]:
    return list(CachedStore.objects.filter(connection__user=user).values_list("pk", flat=True))
