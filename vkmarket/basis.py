"""What a wish was made from, in short: goods whose basis and context are the stored ones need not be judged again.

Together they cover all that a verdict depends on: the basis is the product as the till told it, the context where it
stands, the merchant's choices and settings, and the rules themselves; many products share one. Whoever lets the rules
see something new adds it here.
"""

from collections.abc import Collection, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from django.db.models import FilteredRelation, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import MD5, Coalesce

from catalog.models import CachedProduct, CachedStore
from connections.models import Community
from evosync.base.lookups import Lines, as_text, raw
from evosync.base.paging import pages, with_keys

from . import items, product_types, reasons, rules, texts

CHUNK = 5000
# A product's hash covers what the list of the till tells; these are also written otherwise.
SAID = ("hash", "absent_proven", "quantity", "own_picture", "image_url", "own_text")
# What the product itself adds to a verdict on it, as the database tells it: to read all that takes longer. Only the
# last of it may hold a line's end, and only of the stock nothing may be known.
BASIS = MD5(Lines(*(Coalesce(as_text(name), Value("")) if name == "quantity" else name for name in SAID)))


def _digest(*parts: object) -> str:
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


# Other rules, other verdicts: after an upgrade everything is judged anew.
RULES = _digest(*(Path(str(module.__file__)).read_bytes() for module in (items, product_types, reasons, rules, texts)))


class Glance(NamedTuple):
    """As much of a product and its listing as tells whether there is anything to do."""

    pk: int
    evotor_id: str
    parent_id: str
    absent_since: str | None
    # BASIS now, and as it was when the wish was made.
    basis_now: str
    # Of its listing in this community; None where it has none.
    listing_id: int | None
    basis: str | None
    context: str | None
    wanted_hash: str | None
    hold: str | None
    wanted_delete: int | None
    vk_item_id: int | None
    unsettled_since: str | None
    is_new: int | None

    @property
    def present(self) -> bool:
        """The till still has it, as far as it has been read."""
        return self.absent_since is None

    @property
    def in_vk(self) -> bool:
        """An item stands for it there, hidden or not."""
        return self.vk_item_id is not None

    @property
    def tried(self) -> bool:
        """It is in VK, or an add of it is open: its product cannot be given to another listing."""
        return self.vk_item_id is not None or self.unsettled_since is not None


# Of a product with what this community has of it (`beside_sources`).
GLANCED: tuple[str | Combinable, ...] = (
    "pk",
    "evotor_id",
    "parent_id",
    as_text("absent_since"),
    BASIS,
    "mine__listing_id",
    "mine__basis",
    "mine__context",
    "mine__listing__wanted_hash",
    "mine__listing__hold",
    raw("mine__listing__wanted_delete"),
    "mine__listing__vk_item_id",
    as_text("mine__listing__unsettled_since"),
    raw("mine__is_new"),
)


def context_of(*parts: object) -> str:
    """What the verdicts on all products of one place have in common, in short."""
    return _digest(RULES, *parts)


def beside_sources(store: CachedStore, community: Community | None) -> QuerySet[CachedProduct]:
    """The store's products, each with what this community has of it as `mine`."""
    mine = FilteredRelation("listing_sources", condition=Q(listing_sources__community=community))
    return CachedProduct.objects.filter(store=store).annotate(mine=mine)


def glances(store: CachedStore, community: Community, only: Collection[int] = ()) -> Iterator[list[Glance]]:
    """The store's products by primary key, a chunk at a time: memory stays flat."""
    rows_of = beside_sources(store, community).order_by("pk")
    if only:
        rows_of = with_keys(rows_of, only)
    for page in pages(rows_of.values_list(*GLANCED), CHUNK):
        yield [Glance._make(row) for row in page]
