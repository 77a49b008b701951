"""Where a community's goods stand now: the figures of every page, report and metric, in four cheap queries."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Count

from accounts.models import User
from catalog.models import CachedStore
from connections.models import Community

from .models import AlbumListing, Listing, Tally
from .reasons import GUARDED, HIDING, Block

CONFIRMED = Tally.BOUND | Tally.READ | Tally.DRIFT


@dataclass(slots=True)
class Figures:
    """Counts of goods, true of the community now. "Confirmed": a read of VK has shown it as sent, and not hidden."""

    products: int = 0
    # Of goods that are on the till: why they are not in VK, in which store, and how many.
    places: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    # Why the sender leaves listings alone.
    blocks: Counter = field(default_factory=Counter)
    albums_refused: int = 0
    unknown: int = 0
    waiting: int = 0
    drift: int = 0
    confirmed: int = 0

    @property
    def reasons(self) -> Counter[str]:
        """How many goods each reason keeps out of VK."""
        found: Counter[str] = Counter()
        for (why, _store), goods in self.places.items():
            found[why] += goods
        return found

    @property
    def guarded(self) -> int:
        """Goods whose change a guard holds back, also where a person wanted that left."""
        return sum(self.blocks[block] for block in GUARDED)

    @property
    def unpublished(self) -> int:
        """Goods of the till that the rules keep out of VK. What a guard holds back is shown there as it was."""
        return self.places.total()

    @property
    def held(self) -> int:
        """What the line of a run tells: goods that the rules hold, and changes that a guard holds."""
        return self.unpublished + self.guarded

    @property
    def refused(self) -> int:
        """Goods and albums that VK has refused; of `failed` the part that is no question to the merchant."""
        return self.blocks[Block.REFUSED] + self.albums_refused

    @property
    def failed(self) -> int:
        """What VK has refused, and goods that wait for the merchant's word alone."""
        return self.blocks.total() - self.guarded + self.albums_refused


def of_user(user: User) -> int:
    """How many goods the merchant's tills hold."""
    present, _gone = _stores(user)
    return sum(present.values())


def of_community(user: User, community: Community, counted: "list[Counted] | None" = None) -> Figures:
    """Where the goods of this community stand, and those of the merchant's tills that are not there yet.

    `counted`: what `count` has told, where it was asked already.
    """
    present, gone = _stores(user)
    figures = Figures(products=sum(present.values()))
    figures.albums_refused = AlbumListing.objects.filter(community=community).exclude(blocked="").count()
    for row in count(community) if counted is None else counted:
        asked = row.blocked == Block.MATCH
        why = row.hold or (row.blocked if asked else "")
        if why and row.store not in gone:
            figures.places[why, row.store] += row.goods
        if row.blocked:
            figures.blocks[row.blocked] += row.goods * (not asked)
        elif Tally.DUE in row.tally or (Tally.BOUND in row.tally and Tally.READ not in row.tally):
            figures.waiting += row.goods
        figures.unknown += row.goods * (Tally.OPEN in row.tally)
        figures.drift += row.goods * (Tally.DRIFT in row.tally)
        if row.hold not in HIDING:
            figures.confirmed += row.goods * (row.tally & CONFIRMED == Tally.BOUND | Tally.READ)
    if figures.places:
        figures.places -= held_and_gone(list(present), community)
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


def held_and_gone(stores: list[int], community: Community) -> Counter[tuple[str, int]]:
    """Held goods that are no longer on the till: nobody asks why they are not in VK. Few, and so counted apart."""
    gone = Listing.objects.filter(
        community=community, source__product__store__in=stores, source__product__absent_since__isnull=False
    )
    rows = gone.exclude(hold="").order_by().values_list("hold", "store").annotate(Count("pk"))
    return Counter({(hold, store): goods for hold, store, goods in rows})


def _stores(user: User) -> tuple[dict[int, int], list[int]]:
    """Those that Evotor shows, with how many goods they hold, and those that it no longer does."""
    rows = CachedStore.objects.of(user).values_list("pk", "absent_since", "goods")
    present = {pk: goods for pk, since, goods in rows if since is None}
    return present, [pk for pk, since, _goods in rows if since is not None]
