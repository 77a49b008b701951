"""From the till's mirror to the wish of every listing: what the rules say, stored where it changed."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from itertools import batched

from django.db import transaction

from accounts.models import User
from catalog.choices import Choices
from catalog.models import CachedProduct, CachedStore, SyncConfig
from connections.models import Community
from evosync.base import clock
from evosync.base.upsert import BATCH, retry_deadlocks, upsert

from . import albums, noting, rebinding
from .basis import Glance, glances
from .facts import Row, StoreView, settings_of, whole
from .items import Item
from .leasing import Held
from .models import Listing, ListingSource, derive_sku
from .reasons import Block, Reason
from .rules import Hold, Settings, judge
from .stages import Stage, Tell, untold

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
    "declined_hash",
    "error_code",
    "error_text",
    "corrected_at",
)


@dataclass(slots=True)
class Draft:
    """One listing whose wish is new: `listing_id` is None for a product that never had one."""

    product_id: int
    evotor_id: str
    store_id: str
    outcome: Item | Hold
    listing_id: int | None
    delete: bool = False
    # What the outcome was made from (`vkmarket.basis`); '' for one that more than the product and its place decides.
    basis: str = ""
    context: str = ""

    def tells_news(self, row: Glance) -> bool:
        """Is it another wish than the one that is stored?"""
        hold = self.outcome.reason if isinstance(self.outcome, Hold) else Reason.NONE
        if row.listing_id is None or row.listing_id != self.listing_id:
            return True
        same = row.hold == hold and row.wanted_delete == self.delete
        return not (same and (isinstance(self.outcome, Hold) or row.wanted_hash == self.outcome.digest()))


@dataclass(slots=True)
class Wishes:
    """The outcome of one pass over the mirror."""

    products: int = 0
    held: dict[str, int] = field(default_factory=dict)
    # By product.
    drafts: dict[int, Draft] = field(default_factory=dict)
    # Products that take over a listing that is there already: product -> listing.
    rebound: dict[int, int] = field(default_factory=dict)
    # Products judged anew with the old outcome, where they say something new: listing, basis and context.
    bases: dict[int, tuple[int, str, str]] = field(default_factory=dict)
    # And where only their place is new: all of them by context.
    contexts: dict[str, set[int]] = field(default_factory=dict)

    def keep(self, draft: Draft, row: Glance) -> None:
        """Keep the draft if it tells something new, and else what it was made from if that is new."""
        if draft.tells_news(row):
            self.drafts[draft.product_id] = draft
        elif draft.basis != row.basis and draft.listing_id is not None:
            self.bases[draft.product_id] = draft.listing_id, draft.basis, draft.context
        elif draft.context != row.context:
            self.contexts.setdefault(draft.context, set()).add(draft.product_id)

    def forget(self, product_id: int) -> None:
        """Store nothing of what was said of this product."""
        self.drafts.pop(product_id, None)
        self.bases.pop(product_id, None)
        for products in self.contexts.values():
            products.discard(product_id)

    def count(self, reason: str, by: int = 1) -> None:
        """So many more products are held by this reason."""
        self.held[reason] = self.held.get(reason, 0) + by


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a merchant has to publish, and what was chosen of it."""

    config: SyncConfig
    choices: Choices
    stores: list[CachedStore]

    @classmethod
    def by(cls, user: User) -> "Chosen":
        """As it is now."""
        config, _created = SyncConfig.objects.get_or_create(user=user)
        stores = CachedStore.objects.filter(connection__user=user).order_by("pk")
        return cls(config, Choices.of(user), list(stores))


def look(chosen: Chosen, community: Community, *, products: Collection[int] = (), tell: Tell = untold) -> Wishes:
    """Ask the rules about every product of the merchant, or only about these rows; writes nothing.

    A product of a store that is off, and that never was published, is not even a hold.
    """
    config, rules, now = chosen.config, settings_of(chosen.config), clock.now()
    candidates = rebinding.Candidates.of(community, chosen.stores)
    looking = _Looking(Wishes(), rules, config.delete_absent, candidates, small=bool(products))
    total = sum(store.goods for store in chosen.stores)
    for store in chosen.stores:
        rows = albums.of_store(community, store)
        looking.view = StoreView(store, chosen.choices, rows, now, rules, config.delete_absent)
        for chunk in glances(store, community, products):
            looking.take(chunk)
            tell(Stage.RULES, looking.wishes.products, total)
    tell(Stage.RULES, total, total)
    looking.candidates.settle(looking.wishes)
    return looking.wishes


@dataclass(slots=True)
class _Looking:
    """One pass over the mirror."""

    wishes: Wishes
    rules: Settings
    delete_absent: bool
    candidates: rebinding.Candidates
    # Only some products are looked at: a plan of all is near.
    small: bool
    # The store that is looked at now.
    view: StoreView = field(init=False)

    def take(self, chunk: list[Glance]) -> None:
        """Judge those of the chunk of which the verdict may be another than the stored one."""
        due: dict[int, Glance] = {}
        for row in chunk:
            self.wishes.products += row.present
            if self._may_have_moved(row):
                continue
            if row.listing_id is None:
                if row.present and self.view.published(row.parent_id, row.evotor_id):
                    due[row.pk] = row
            elif not self._is_as_it_was(row) or self._is_candidate(row):
                due[row.pk] = row
            elif row.hold:
                self.wishes.count(row.hold, row.present)
        for product, row in whole(due):
            self._judge(product, row)

    def _is_as_it_was(self, row: Glance) -> bool:
        return self.view.context(row) == row.context and row.basis_now == row.basis

    def _is_candidate(self, row: Glance) -> bool:
        """Does a rebind have to know what the rules say of it, though it is known already?"""
        return self.candidates.wanted and not (row.in_vk and row.present)

    def _may_have_moved(self, row: Glance) -> bool:
        """Perhaps one that has gone under another id: only a plan of all products can tell."""
        return self.small and self.candidates.wanted and not row.tried

    def _judge(self, product: Row, row: Glance) -> None:
        outcome = judge(self.view.facts(product), self.rules)
        hold = outcome.reason if isinstance(outcome, Hold) else Reason.NONE
        if hold:
            self.wishes.count(hold, row.present)
        draft = Draft(
            product_id=row.pk,
            evotor_id=row.evotor_id,
            store_id=self.view.store.evotor_id,
            outcome=outcome,
            listing_id=row.listing_id,
            delete=self.delete_absent and hold == Reason.ABSENT and not self.view.gone,
            basis=product.basis,
            context=self.view.context(row),
        )
        self.wishes.keep(draft, row)
        self.candidates.see(draft, product, row)


def store(wishes: Wishes, community: Community, lease: Held) -> None:
    """Write the wishes that changed, at most 500 rows a transaction, as the holder of the lease."""
    if wishes.rebound:
        rebinding.apply(wishes.rebound, lease)
    for batch in batched(wishes.drafts.values(), BATCH):

        def write(batch=batch):
            with transaction.atomic():
                lease.renew()
                _write(community, drafted(batch, community))

        retry_deadlocks(write)
    noting.note(wishes.bases, wishes.contexts, lease)


def drafted(drafts: Collection[Draft], community: Community) -> list[tuple[Draft, Listing]]:
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
        listing.approved_hash = listing.declined_hash = ""
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
    old = [(draft, listing) for draft, listing in pairs if listing.pk is not None]
    if new:
        skus = _skus(community, [draft for draft, _listing in new])
        for (_draft, listing), sku in zip(new, skus, strict=True):
            listing.sku = sku
        stores = dict(CachedProduct.objects.filter(pk__in=[d.product_id for d, _l in new]).values_list("pk", "store"))
        for draft, listing in new:
            listing.store_id = stores[draft.product_id]
        Listing.objects.bulk_create([listing for _draft, listing in new])
        ListingSource.objects.bulk_create(noting.sources(community, _bases(new)))
    upsert(Listing, [listing for _draft, listing in old], unique=["community", "sku"], fields=WISH_FIELDS)
    noting.keep(community, _bases(old))


def _bases(pairs: list[tuple[Draft, Listing]]) -> list[noting.Basis]:
    return [(listing.pk, draft.product_id, draft.basis, draft.context) for draft, listing in pairs]


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
