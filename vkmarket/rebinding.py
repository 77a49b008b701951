"""Goods that Evotor gave new ids keep their VK items: which listing changes its source, and which goods wait."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import batched

from django.db import transaction
from django.db.models import Exists, OuterRef

from catalog.models import CachedProduct, CachedStore
from connections.models import Community
from evosync.base.upsert import BATCH, retrying

from .basis import Glance
from .facts import Row
from .items import Item
from .leasing import Held
from .models import Listing, ListingSource
from .reasons import Reason
from .recognition import Candidate, Key, decide, recognisable
from .rules import Hold, with_own


@dataclass(slots=True)
class Candidates:
    """Collects, during one pass over the mirror, what is gone and what is new."""

    # Without anything gone there is nothing to look for, and new goods are not collected.
    wanted: bool
    proven: list[Candidate] = field(default_factory=list)
    unproven: list[Candidate] = field(default_factory=list)
    new: list[Candidate] = field(default_factory=list)
    # The draft and the glance of each, by product.
    drafts: dict[Key, tuple] = field(default_factory=dict)
    # The merchant's own text and picture of what is gone, by product.
    given: dict[Key, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, community: Community, stores: Collection[CachedStore]) -> "Candidates":
        """Before the pass: is anything gone at all of what these stores have in this community?"""
        gone = CachedProduct.objects.filter(store__in=stores, absent_since__isnull=False)
        bound = Listing.objects.bound().filter(community=community, source__product=OuterRef("pk"))
        return cls(wanted=gone.filter(Exists(bound)).exists())

    def see(self, draft, product: Row, row: Glance) -> None:
        """A product of the pass, with what the rules say of it (`draft`) and what its listing says (`row`)."""
        if not self.wanted:
            return
        if row.in_vk and product.absent_since:
            found = self.proven if product.absent_proven else self.unproven
        elif not product.absent_since and isinstance(draft.outcome, Item) and not (row.tried or row.is_new):
            found = self.new
        else:
            return
        if found is not self.new:
            self.given[draft.product_id] = product.own_text, product.own_picture
        found.append(_candidate(draft.store_id, product))
        self.drafts[draft.product_id] = draft, row

    def settle(self, wishes) -> None:
        """Say in `wishes` which new products take over a listing, and hold back those of which nobody knows."""
        if not (self.proven or self.unproven):
            return
        verdict = decide(self.proven, self.unproven, self.new)
        for gone, come in verdict.rebind.items():
            old, known = self.drafts[gone]
            draft, row = self.drafts[come]
            wishes.rebound[come] = draft.listing_id = known.listing_id
            draft.outcome = with_own(draft.outcome, *self.given[gone])
            wishes.forget(gone)
            wishes.forget(come)
            wishes.drafts[come] = draft
            if row.listing_id is not None:
                # The empty listing goes to what is gone: nobody wishes any more what was wished of it.
                old.listing_id, old.delete = row.listing_id, False
                wishes.drafts[gone] = old
        held = dict.fromkeys(verdict.maybe_moved, Reason.MAYBE_MOVED)
        held |= dict.fromkeys(verdict.ambiguous | verdict.contested, Reason.AMBIGUOUS_REBIND)
        for product_id, reason in held.items():
            draft, row = self.drafts[product_id]
            if row.hold == Reason.ABSENT:
                # Hidden before anything like it came.
                continue
            # What others are decides it, so that it is asked for anew each time.
            draft.outcome, draft.delete, draft.basis = Hold(reason), False, ""
            wishes.count(reason)
            wishes.forget(product_id)
            wishes.keep(draft, row)


def _candidate(store_id: str, product: Row) -> Candidate:
    return recognisable(
        product.pk,
        barcodes=json.loads(product.barcodes),
        article=product.article_number,
        name=product.name,
        price=Decimal(product.price) if product.price is not None else None,
        store=store_id,
    )


def apply(rebound: dict[int, int], lease: Held) -> None:
    """Give the listings their new sources. A product that had an empty listing of its own swaps with the old one."""
    for batch in batched(sorted(rebound.items()), BATCH):
        _apply({listing_id: product_id for product_id, listing_id in batch}, lease)


@retrying
def _apply(by_listing: dict[int, int], lease: Held) -> None:
    with transaction.atomic():
        lease.renew()
        swap(by_listing, lease.community)


def swap(by_listing: dict[int, int], community: Community) -> None:
    """Products by the listings that they take over, inside the caller's transaction. All are to be judged anew."""
    empties = ListingSource.objects.filter(community=community, product_id__in=by_listing.values())
    own = {row.product_id: row.listing_id for row in empties}
    empties.delete()
    successors: dict[int, int] = {}
    for source in ListingSource.objects.filter(listing_id__in=by_listing):
        gone, source.product_id = source.product_id, by_listing[source.listing_id]
        source.basis = ""
        successors[gone] = source.product_id
        source.save(update_fields=["product", "basis"])
        if empty := own.get(source.product_id):
            ListingSource.objects.create(listing_id=empty, community=community, product_id=gone)
    Listing.objects.filter(pk__in=[*by_listing, *own.values()]).place()
    _hand_over(successors)


def _hand_over(successors: dict[int, int]) -> None:
    """What the merchant gave a product that is gone belongs to the one that came in its place."""
    given = CachedProduct.objects.filter(pk__in=successors).exclude(own_text="", own_picture="")
    for gone, text, picture in given.values_list("pk", "own_text", "own_picture"):
        empty = CachedProduct.objects.filter(pk=successors[gone], own_text="", own_picture="")
        empty.update(own_text=text, own_picture=picture)
