"""Which item that was made by hand is which product: equal sku, else equal title, one to one. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .renderings import plain

SKU, TITLE = "sku", "title"


@dataclass(frozen=True, slots=True)
class Thing:
    """One side of a pair, as far as it can be recognised. `key` is the caller's."""

    key: int
    title: str
    sku: str = ""

    def names(self) -> Iterable[tuple[str, str]]:
        """What it may be recognised by: (why, words), the surest first."""
        words = (SKU, self.sku.strip().casefold()), (TITLE, plain(self.title).casefold())
        return [(why, told) for why, told in words if told]


@dataclass(slots=True)
class Likeness:
    """By product: the item that it is, and by what; and where several are alike, one of the items."""

    pairs: dict[int, tuple[int, str]] = field(default_factory=dict)
    unclear: dict[int, tuple[int, str]] = field(default_factory=dict)


def compare(items: Iterable[Thing], products: Iterable[Thing]) -> Likeness:
    """Pair what is equal and alone so on both sides. The order plays no part."""
    found = Likeness()
    left, right = {one.key: one for one in items}, {one.key: one for one in products}
    # What is paired by its sku stands in no other title's way; and one that is paired may leave another alone.
    while pairs := _alone(left, right, SKU) or _alone(left, right, TITLE):
        found.pairs |= pairs
        for product, (item, _why) in pairs.items():
            del left[item], right[product]
    for why in (TITLE, SKU):
        named = _by_name(left, why)
        for words, alike in _by_name(right, why).items():
            found.unclear |= {product: (min(named[words]), why) for product in alike if words in named}
    return found


def _alone(items: Mapping[int, Thing], products: Mapping[int, Thing], why: str) -> dict[int, tuple[int, str]]:
    left, right = _by_name(items, why), _by_name(products, why)
    return {
        right[words][0]: (left[words][0], why)
        for words in left.keys() & right.keys()
        if len(left[words]) == len(right[words]) == 1
    }


def _by_name(things: Mapping[int, Thing], by: str) -> dict[str, list[int]]:
    named: dict[str, list[int]] = {}
    for key, thing in things.items():
        for why, words in thing.names():
            if why == by:
                named.setdefault(words, []).append(key)
    return named
