"""Rows of the table of goods, a thousand at a time: what the last plan said where it is still true, else asked anew."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db.models.expressions import Combinable

from accounts.models import User
from catalog.models import CachedProduct, CachedStore
from connections.models import Community
from evosync.base.lookups import as_text, raw
from evosync.base.paging import with_keys
from vkmarket.basis import GLANCED, Glance, beside_sources
from vkmarket.models import VkCachedProduct
from vkmarket.reasons import Block, Reason
from vkmarket.rules import Hold
from vkmarket.standing import Observer, State, state_of, words_of

EXCLUDED = Hold(Reason.EXCLUDED)


class Goods(NamedTuple):
    """What the till says of a product beside its glance."""

    name: str
    article_number: str
    measure_name: str
    # As the database writes them.
    barcodes: str
    price: str | None
    quantity: str | None


class Told(NamedTuple):
    """As much of a listing as its state is told from."""

    blocked: str
    lane: int | None
    error_code: int | None
    error_text: str
    shown: int
    drift: int
    confirmed_at: str | None
    # As its glance has them.
    hold: str
    vk_item_id: int | None
    unsettled_since: str | None


_GOODS: tuple[str | Combinable, ...] = (
    *Goods._fields[:3],
    *map(as_text, Goods._fields[3:]),
)
_TOLD: tuple[str | Combinable, ...] = (
    *(f"mine__listing__{name}" for name in ("blocked", "lane", "error_code", "error_text")),
    *(raw(f"mine__listing__{name}") for name in ("shown", "has_drift")),
    as_text("mine__listing__confirmed_at"),
)
# Where in a row its goods and its listing begin.
_AT_GOODS = len(GLANCED)
_AT_TOLD = _AT_GOODS + len(_GOODS)


class Row(NamedTuple):
    """One product of the table."""

    glance: Glance
    goods: Goods
    path: str
    on: bool
    state: State
    reason: str
    price: str | None
    stock: int | None


class Table:
    """Reads the rows of one store in the two queries that a chunk takes, and a few more where goods have to be asked
    about."""

    def __init__(self, user: User, store: CachedStore, community: Community | None):
        self._community = community
        self._observer = Observer(user, store, community, whole=True)
        self._view, _choices = self._observer.as_planned()
        self._words = cache(lambda state, why: words_of(state, why, None, None))
        self._told = beside_sources(store, community).values_list(*GLANCED, *_GOODS, *_TOLD)

    def rows(self, keys: Sequence[int]) -> Iterator[Row]:
        """Of these products, in this order."""
        told = {row[0]: row for row in with_keys(self._told, keys)}
        glances = {key: Glance._make(row[:_AT_GOODS]) for key, row in told.items()}
        unknown = [glance.pk for glance in glances.values() if not self._is_known(glance)]
        others = self._observer.look(list(CachedProduct.objects.filter(pk__in=unknown))) if unknown else ()
        asked = {one.product.pk: (one.state, one.why, one.listing, one.seen) for one in others}
        seen = self._seen({glance.vk_item_id for glance in glances.values() if glance.vk_item_id})
        for key in keys:
            if key not in told:
                continue
            glance = glances[key]
            standing = asked[key] if key in asked else self._state(glance, told[key][_AT_TOLD:], seen)
            yield self._row(glance, Goods._make(told[key][_AT_GOODS:_AT_TOLD]), *standing)

    def _is_known(self, row: Glance) -> bool:
        """Is its state known without asking the rules: planned and not changed since, or never on?"""
        if self._community is None:
            return False
        if row.listing_id is None:
            return not self._view.published(row.parent_id, row.evotor_id)
        return row.context == self._view.context(row) and row.basis == row.basis_now

    def _seen(self, items: set[int]) -> dict[int, tuple]:
        rows = VkCachedProduct.objects.filter(community=self._community, item_id__among=items, absent_since=None)
        told = rows.values_list("item_id", as_text("price"), "stock", as_text("reject_info"))
        return {row[0]: (*row[:3], json.loads(row[3])) if row[3] else row for row in told}

    def _state(self, glance: Glance, told: tuple, seen: dict[int, tuple]) -> tuple:
        if glance.listing_id is None:
            return (*state_of(EXCLUDED, None, False), None, None)
        listing = Told._make((*told, glance.hold, glance.vk_item_id, glance.unsettled_since))
        item = seen.get(glance.vk_item_id or 0)
        outcome = Hold(Reason(glance.hold)) if glance.hold else None
        return (*state_of(outcome, listing, bool(item and item[3])), listing, item)

    def _row(self, glance: Glance, goods: Goods, state: State, why: str, listing: Any, seen: Any) -> Row:
        if isinstance(seen, VkCachedProduct):
            price = None if seen.price is None else str(seen.price)
            seen = (seen.item_id, price, seen.stock, seen.reject_info)
        own_words = why == Block.REFUSED or (seen and not why)
        return Row(
            glance=glance,
            goods=goods,
            path=self._view.group(glance.parent_id).path,
            on=self._view.published(glance.parent_id, glance.evotor_id),
            state=state,
            reason=words_of(state, why, listing, seen and seen[3]) if own_words else self._words(state, why),
            price=seen[1] if seen else None,
            stock=seen[2] if seen else None,
        )
