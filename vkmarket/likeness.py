"""Which item that was made by hand is which product: equal sku, else equal title. Pure."""

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
    """By product: the item that it is, and by what; the items of which it is one; and one of those that are like
    several products."""

    pairs: dict[int, tuple[int, str]] = field(default_factory=dict)
    choices: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    unclear: dict[int, tuple[int, str]] = field(default_factory=dict)


def compare(items: Iterable[Thing], products: Iterable[Thing]) -> Likeness:
    """Pair what is equal and alone so on both sides; of the rest, offer each item to the one product that it equals.
    The order plays no part."""
    found = Likeness()
    left, right = {one.key: one for one in items}, {one.key: one for one in products}
    # What is paired by its sku stands in no other title's way; and one that is paired may leave another alone.
    while pairs := _alone(left, right, SKU) or _alone(left, right, TITLE):
        found.pairs |= pairs
        for product, (item, _why) in pairs.items():
            del left[item], right[product]
    named = {why: _by_name(right, why) for why in (SKU, TITLE)}
    for item in sorted(left):
        like = {why: named[why].get(words, []) for why, words in left[item].names()}
        why = next((why for why, alike in like.items() if len(alike) == 1), None)
        if why:
            found.choices.setdefault(like[why][0], []).append((item, why))
        for why, alike in like.items():
            for product in alike:
                found.unclear.setdefault(product, (item, why))
    for product in found.choices:
        found.unclear.pop(product, None)
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
