"""Where a community's goods stand now: the figures of every page, report and metric, in five cheap queries."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Count

from accounts.models import User
from catalog.models import CachedProduct, CachedStore
from connections.models import Community

from .models import AlbumListing, Listing, Tally
from .reasons import GUARDED, HIDING, Block

CONFIRMED = Tally.BOUND | Tally.READ | Tally.DRIFT


@dataclass(slots=True)
class Figures:
    """Counts of goods, true of the community now. "Confirmed": a read of VK has shown it as sent, and not hidden."""

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


def of_community(user: User, community: Community, counted: "list[Counted] | None" = None) -> Figures:
    """`counted`: what `count` has told, where it was asked already."""
    stores = _stores(user)
    figures = Figures(products=_on_the_till(stores))
    figures.albums_refused = AlbumListing.objects.filter(community=community).exclude(blocked="").count()
    for row in count(community) if counted is None else counted:
        if row.hold:
            figures.reasons[row.hold] += row.goods
        if row.blocked == Block.MATCH:
            figures.reasons[Block.MATCH] += row.goods
        elif row.blocked:
            figures.blocks[row.blocked] += row.goods
        elif Tally.DUE in row.tally or (Tally.BOUND in row.tally and Tally.READ not in row.tally):
            figures.waiting += row.goods
        figures.unknown += row.goods * (Tally.OPEN in row.tally)
        figures.drift += row.goods * (Tally.DRIFT in row.tally)
        if row.hold not in HIDING:
            figures.confirmed += row.goods * (row.tally & CONFIRMED == Tally.BOUND | Tally.READ)
    if figures.reasons:
        figures.reasons -= _held_and_gone(stores, community)
    return figures


class Counted(NamedTuple):
    """So many listings of a community are alike in all that figures are made of."""

    hold: str
    blocked: str
    store: int | None
    tally: Tally
    goods: int


def count(community: Community) -> list[Counted]:
    """One walk over the index `listing_figures`, which covers it all and has the groups in their order."""
    kinds = ("hold", "blocked", "store", "tally")
    rows = Listing.objects.filter(community=community).order_by(*kinds).values_list(*kinds).annotate(Count("pk"))
    return [Counted(hold, blocked, store, Tally(tally), goods) for hold, blocked, store, tally, goods in rows]


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
