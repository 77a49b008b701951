"""From the till's mirror to the wish of every listing: what the rules say, stored where it changed."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import batched

from django.db import transaction

from accounts.models import User
from catalog.choices import Choices
from catalog.models import CachedProduct, CachedStore, SyncConfig
from connections.models import Community
from evosync.base import clock
from evosync.base.upsert import BATCH, retry_deadlocks, upsert

from . import albums, rebinds
from .facts import PRODUCT_COLUMNS, StoreView, settings_of
from .items import Item
from .leasing import Held
from .models import Listing, ListingSource, derive_sku
from .reasons import Block, Reason
from .rules import Hold, judge

CHUNK = 2000
TELL_EVERY = 100
WISH_FIELDS = (
    "wanted",
    "wanted_rev",
    "wanted_hash",
    "wanted_delete",
    "hold",
    "lane",
    "due_at",
    "blocked",
    "approved_hash",
    "error_code",
    "error_text",
    "corrected_at",
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is worth knowing of every listing to see whether its wish has changed."""

    listing_id: int
    wanted_hash: str
    hold: str
    wanted_delete: bool
    in_vk: bool
    # It is in VK, or an add of it is open: its product cannot be given to another listing.
    tried: bool


@dataclass(slots=True)
class Draft:
    """One listing whose wish is new: `listing_id` is None for a product that never had one."""

    product_id: int
    evotor_id: str
    store_id: str
    outcome: Item | Hold
    listing_id: int | None
    delete: bool = False

    def tells_news(self, row: Known | None) -> bool:
        """Is it another wish than the one that is stored?"""
        hold = self.outcome.reason if isinstance(self.outcome, Hold) else Reason.NONE
        if row is None or row.listing_id != self.listing_id:
            return True
        same = row.hold == hold and row.wanted_delete == self.delete
        return not (same and (hold or row.wanted_hash == self.outcome.digest()))


@dataclass(slots=True)
class Wishes:
    """The outcome of one pass over the mirror."""

    products: int = 0
    held: dict[str, int] = field(default_factory=dict)
    # By product.
    drafts: dict[int, Draft] = field(default_factory=dict)
    # Products that take over a listing that is there already: product -> listing.
    rebound: dict[int, int] = field(default_factory=dict)

    def keep(self, draft: Draft, row: Known | None) -> None:
        """Keep the draft if it tells something new."""
        if draft.tells_news(row):
            self.drafts[draft.product_id] = draft
        else:
            self.drafts.pop(draft.product_id, None)

    def count(self, reason: str, by: int = 1) -> None:
        self.held[reason] = self.held.get(reason, 0) + by


def look(
    user: User, community: Community, *, products: Collection[int] = (), tell: Callable = lambda *_: None
) -> Wishes:
    """Ask the rules about every product of the merchant, or only about these rows; writes nothing.

    A product of a store that is off, and that never was published, is not even a hold.
    """
    config, _created = SyncConfig.objects.get_or_create(user=user)
    rules, choices, known = settings_of(config), Choices.of(user), _known(community)
    wishes, now = Wishes(), clock.now()
    candidates = rebinds.Candidates.of(community)
    stores = CachedStore.objects.filter(connection__user=user).order_by("pk")
    total = CachedProduct.objects.filter(store__in=stores).count()
    for store in stores:
        view = StoreView(store, choices, albums.of_store(community, store), now)
        for product in _products(store, products):
            wishes.products += product["absent_since"] is None
            if wishes.products % TELL_EVERY == 0:
                tell("Правила", wishes.products, total)
            row = known.get(product["pk"])
            if row is None and not view.published(product):
                continue
            if products and candidates.wanted and not (row and row.tried):
                # Perhaps one that has gone under another id: only a plan of all products can tell.
                continue
            outcome = judge(view.facts(product), rules)
            present = product["absent_since"] is None
            hold = outcome.reason if isinstance(outcome, Hold) else Reason.NONE
            if hold:
                wishes.count(hold, present)
            if row is None and not present:
                continue
            draft = Draft(
                product_id=product["pk"],
                evotor_id=product["evotor_id"],
                store_id=store.evotor_id,
                outcome=outcome,
                listing_id=row.listing_id if row else None,
                delete=config.delete_absent and hold == Reason.ABSENT,
            )
            wishes.keep(draft, row)
            candidates.see(draft, product, row)
    candidates.settle(wishes)
    return wishes


def _known(community: Community) -> dict[int, Known]:
    rows = ListingSource.objects.filter(listing__community=community).values_list(
        "product_id",
        "listing_id",
        "listing__wanted_hash",
        "listing__hold",
        "listing__wanted_delete",
        "listing__vk_item_id",
        "listing__unsettled_since",
    )
    return {
        row[0]: Known(*row[1:5], in_vk=row[5] is not None, tried=row[5] is not None or row[6] is not None)
        for row in rows
    }


def _products(store: CachedStore, only: Collection[int] = ()) -> Iterator[dict]:
    """The store's products by primary key, a chunk at a time: memory stays flat."""
    last, rows_of = 0, CachedProduct.objects.filter(store=store).order_by("pk").values(*PRODUCT_COLUMNS)
    if only:
        rows_of = rows_of.filter(pk__in=list(only))
    while rows := list(rows_of.filter(pk__gt=last)[:CHUNK]):
        yield from rows
        last = rows[-1]["pk"]


def store(wishes: Wishes, community: Community, lease: Held) -> None:
    """Write the wishes that changed, at most 500 rows a transaction, as the holder of the lease."""
    if wishes.rebound:
        rebinds.apply(wishes.rebound, lease)
    for batch in batched(wishes.drafts.values(), BATCH):

        def write(batch=batch):
            with transaction.atomic():
                lease.renew()
                _write(community, drafted(batch, community))

        retry_deadlocks(write)


def drafted(drafts, community: Community) -> list[tuple[Draft, Listing]]:
    """Each draft with its listing, which carries the new wish but is not saved."""
    listings = Listing.objects.in_bulk([d.listing_id for d in drafts if d.listing_id])
    pairs = []
    for draft in drafts:
        listing = listings.get(draft.listing_id) or Listing(community=community)
        _wish(listing, draft)
        pairs.append((draft, listing))
    return pairs


def _wish(listing: Listing, draft: Draft) -> None:
    item, hold = _item_for(listing, draft.outcome)
    digest = item.digest() if item else ""
    if digest != listing.wanted_hash or draft.delete != listing.wanted_delete:
        # A new wish is a new chance: what was refused or held of the old one no longer counts.
        listing.wanted, listing.wanted_hash = item.to_json() if item else None, digest
        listing.wanted_rev += 1
        listing.corrected_at = None
        listing.wanted_delete = draft.delete
        # What a person allowed was this once: the same wish, come back another day, is looked at anew.
        listing.approved_hash = ""
        if listing.blocked not in (Block.UNSETTLED, Block.DELETED_IN_VK):
            listing.blocked, listing.error_code, listing.error_text = "", None, ""
        if not listing.unsettled_since:
            listing.due_at = None
    listing.hold = hold
    listing.plan_lane()


def _item_for(listing: Listing, outcome: Item | Hold) -> tuple[Item | None, str]:
    """The item that a listing shall show, given what the rules said and what is in VK."""
    if isinstance(outcome, Item):
        return outcome, Reason.NONE
    if not (listing.vk_item_id or listing.unsettled_since):
        return None, outcome.reason
    shown = Item.from_json(listing.sent or listing.wanted)
    if outcome.hides:
        return replace(shown, visible=False), outcome.reason
    return Item.from_json(listing.wanted) if listing.wanted else shown, outcome.reason


def _write(community: Community, pairs: list[tuple[Draft, Listing]]) -> None:
    new = [(draft, listing) for draft, listing in pairs if listing.pk is None]
    if new:
        skus = _skus(community, [draft for draft, _listing in new])
        for (_draft, listing), sku in zip(new, skus, strict=True):
            listing.sku = sku
        Listing.objects.bulk_create([listing for _draft, listing in new])
        ListingSource.objects.bulk_create(
            ListingSource(listing=listing, community=community, product_id=draft.product_id) for draft, listing in new
        )
    created = {id(listing) for _draft, listing in new}
    old = [listing for _draft, listing in pairs if id(listing) not in created]
    upsert(Listing, old, unique=["community", "sku"], fields=WISH_FIELDS)


def _skus(community: Community, drafts: list[Draft]) -> list[str]:
    """A mark for each draft. A listing that was rebound keeps the mark of its first product, so that
    product, coming back, takes the next free one."""
    skus = [derive_sku(community.group_id, draft.store_id, draft.evotor_id) for draft in drafts]
    taken = set(Listing.objects.filter(community=community, sku__in=skus).values_list("sku", flat=True))
    for position, draft in enumerate(drafts):
        turn = 1
        while skus[position] in taken:
            turn += 1
            skus[position] = derive_sku(community.group_id, draft.store_id, f"{draft.evotor_id}#{turn}")
            if not Listing.objects.filter(community=community, sku=skus[position]).exists():
                break
    return skus
