"""Rows of the table of goods, a thousand at a time: what the last plan said where it is still true, else asked anew."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db.models import TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from accounts.models import User
from catalog.models import CachedProduct, CachedStore
from connections.models import Community
from evosync.base.paging import with_keys
from vkmarket.basis import Glance, glances
from vkmarket.models import Listing, VkCachedProduct
from vkmarket.reasons import Block, Reason
from vkmarket.rules import Hold
from vkmarket.standing import Observer, State, state_of, words_of

EXCLUDED = Hold(Reason.EXCLUDED)


class Goods(NamedTuple):
    """What the till says of a product."""

    pk: int
    evotor_id: str
    parent_id: str
    name: str
    article_number: str
    measure_name: str
    # As the database writes them: to make of a hundred thousand what they are, as models do, takes as long as the rest.
    barcodes: str
    price: str | None
    quantity: str | None


_GOODS: tuple[str | Combinable, ...] = (
    *Goods._fields[:6],
    *(Cast(name, TextField()) for name in ("barcodes", "price", "quantity")),
)


class Told(NamedTuple):
    """As much of a listing as its state is told from."""

    pk: int
    hold: str
    blocked: str
    lane: int | None
    shown: bool
    vk_item_id: int | None
    error_code: int | None
    error_text: str
    unsettled_since: str | None
    confirmed_at: str | None
    drift: bool


_TOLD: tuple[str | Combinable, ...] = (
    *Told._fields[:8],
    *(Cast(name, TextField()) for name in ("unsettled_since", "confirmed_at", "drift")),
)


class Row(NamedTuple):
    """One product of the table."""

    goods: Goods
    path: str
    on: bool
    state: State
    reason: str
    price: str | None
    stock: int | None
    item_id: int | None


class Table:
    """Reads the rows of one store in the four queries that a chunk takes."""

    def __init__(self, user: User, store: CachedStore, community: Community | None):
        self._store, self._community = store, community
        self._observer = Observer(user, store, community, whole=True)
        self._view, _choices = self._observer.as_planned()
        self._words = cache(lambda state, why: words_of(state, why, None, None))

    def rows(self, keys: Sequence[int]) -> Iterator[Row]:
        """Of these products, in this order."""
        told = with_keys(CachedProduct.objects.all(), keys).values_list(*_GOODS)
        by_key = {row[0]: Goods._make(row) for row in told}
        goods = [by_key[key] for key in keys if key in by_key]
        known = self._known(keys)
        others = CachedProduct.objects.filter(pk__in=[one.pk for one in goods if one.pk not in known])
        states: dict[int, tuple] = {
            one.product.pk: (one.state, one.why, one.listing, one.seen) for one in self._observer.look(list(others))
        }
        listings = self._listings([listing_id for listing_id in known.values() if listing_id])
        seen = self._seen([listing.vk_item_id for listing in listings.values() if listing.vk_item_id])
        for one in goods:
            if one.pk in known:
                states[one.pk] = self._state(listings.get(known[one.pk] or 0), seen)
            yield self._row(one, *states[one.pk])

    def _known(self, keys: Sequence[int]) -> dict[int, int | None]:
        """Products whose state needs no asking, with their listings: planned and not changed since, or never on."""
        if self._community is None:
            return {}
        chunk = [row for rows in glances(self._store, self._community, keys) for row in rows]
        return {row.pk: row.listing_id for row in chunk if self._is_known(row)}

    def _is_known(self, row: Glance) -> bool:
        if row.listing_id is None:
            return not self._view.published(row.parent_id, row.evotor_id)
        return row.context == self._view.context(row) and row.basis == row.basis_now()

    def _listings(self, keys: list[int]) -> dict[int, Told]:
        rows = with_keys(Listing.objects.all(), keys).values_list(*_TOLD)
        return {row[0]: Told._make((*row[:-1], row[-1] != "[]")) for row in rows}

    def _seen(self, items: list[int]) -> dict[int, tuple]:
        rows = VkCachedProduct.objects.filter(community=self._community, item_id__among=set(items), absent_since=None)
        told = rows.values_list("item_id", Cast("price", TextField()), "stock", "reject_info")
        return {row[0]: row for row in told}

    def _state(self, listing: Told | None, seen: dict[int, tuple]) -> tuple:
        if listing is None:
            return (*state_of(EXCLUDED, None, False), None, None)
        item = seen.get(listing.vk_item_id or 0)
        outcome = Hold(Reason(listing.hold)) if listing.hold else None
        return (*state_of(outcome, listing, bool(item and item[3])), listing, item)

    def _row(self, goods: Goods, state: State, why: str, listing: Any, seen: Any) -> Row:
        if isinstance(seen, VkCachedProduct):
            price = None if seen.price is None else str(seen.price)
            seen = (seen.item_id, price, seen.stock, seen.reject_info)
        own_words = why == Block.REFUSED or (seen and not why)
        return Row(
            goods=goods,
            path=self._view.group(goods.parent_id).path,
            on=self._view.published(goods.parent_id, goods.evotor_id),
            state=state,
            reason=words_of(state, why, listing, seen and seen[3]) if own_words else self._words(state, why),
            price=seen[1] if seen else None,
            stock=seen[2] if seen else None,
            item_id=listing.vk_item_id if listing else None,
        )
