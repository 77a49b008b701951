"""The difference between what is wished and what VK accepted, and the guards over it. Pure: data in, data out."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .items import Item
from .reasons import Block, Lane, Reason

# A removal guard speaks from this many removals on, and above this share of what was shown.
GUARD_FROM = 10
GUARD_SHARE = 0.30

TEXT_FIELDS = ("name", "description", "category_id")


class Kind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    HIDE = "hide"
    UNHIDE = "unhide"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the rules say of one listing: the item to show, None while there never was one, and why it is held."""

    item: Item | None
    hold: str = Reason.NONE
    delete: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One listing's way from `before` (None: not in VK) to `after`. `key` is the listing."""

    kind: Kind
    key: int
    before: Item | None
    after: Item
    reason: str = Reason.NONE

    @property
    def fields(self) -> dict[str, tuple]:
        """The fields that differ, each as (before, after)."""
        if self.before is None:
            return {}
        return {name: pair for name in Item.__slots__ if (pair := _pair(name, self.before, self.after))}

    @property
    def is_removal(self) -> bool:
        """Does it take a good, or the promise of one, off the showcase?"""
        if self.before is None:
            return False
        if self.kind in (Kind.HIDE, Kind.DELETE):
            return True
        before, after = self.before.stock, self.after.stock
        return before != after and (after == 0 or (before > 0 and after == -1))

    @property
    def was_chosen(self) -> bool:
        """Did the merchant ask for it by switching the good, its group or its store off?"""
        return self.reason == Reason.EXCLUDED

    def __str__(self) -> str:
        told = ", ".join(f"{name} {before} -> {after}" for name, (before, after) in self.fields.items())
        return f"{self.kind} {self.after.name}" + (f": {told}" if told and self.kind == Kind.UPDATE else "")


def _pair(name: str, before: Item, after: Item) -> tuple | None:
    was, is_ = getattr(before, name), getattr(after, name)
    return None if was == is_ else (was, is_)


@dataclass(frozen=True, slots=True)
class Plan:
    """Every change that is due, in the order of the listings."""

    changes: tuple[Change, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(change.kind.value for change in self.changes))

    @property
    def digest(self) -> str:
        """The same for the same changes: what a person approves."""
        text = "\n".join(f"{c.key} {c.kind} {c.after.digest()}" for c in self.changes)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes))


def diff(wishes: Mapping[int, Wish], sent: Mapping[int, Item]) -> Plan:
    """Plan the way from `sent` to `wishes`, both by listing.

    `sent` is what VK last accepted from us; it holds only what EvoSync published, so an item that the
    merchant added by hand is never in a plan. A listing without a wish is left as it is.
    """
    changes = (change(key, wish, sent.get(key)) for key, wish in sorted(wishes.items()))
    return Plan(tuple(c for c in changes if c))


def change(key: int, wish: Wish, sent: Item | None) -> Change | None:
    """What one listing needs, None where VK already has its wish."""
    if wish.item is None:
        return None
    if sent is None:
        return Change(Kind.CREATE, key, None, wish.item, wish.hold) if wish.item.visible else None
    if wish.delete:
        return Change(Kind.DELETE, key, sent, wish.item, wish.hold)
    if wish.item == sent or not (wish.item.visible or sent.visible):
        # What nobody sees is brought up to date when it is shown again.
        return None
    if sent.visible and not wish.item.visible:
        return Change(Kind.HIDE, key, sent, wish.item, wish.hold)
    kind = Kind.UPDATE if sent.visible else Kind.UNHIDE
    return Change(kind, key, sent, wish.item, wish.hold)


@dataclass(frozen=True, slots=True)
class Step:
    """The next call that a change needs. Fields, picture and album are calls of their own: a picture never
    delays a price. `fields` names what the call writes, in Item's words."""

    lane: Lane
    fields: tuple[str, ...]


def next_step(change: Change) -> Step:
    """The most urgent call on the way of `change`; after it was accepted, the next is asked for again."""
    if change.kind == Kind.CREATE:
        return Step(Lane.NEW, tuple(name for name in Item.__slots__ if name != "album"))
    if change.kind == Kind.DELETE:
        return Step(Lane.DELETE, ())
    if change.kind == Kind.HIDE:
        return Step(Lane.HIDE, ("visible",))
    differing = change.fields
    if fields := tuple(name for name in differing if name not in ("photo", "album")):
        return Step(_lane_of(change, fields), fields)
    return Step(Lane.PHOTO, ("photo",)) if "photo" in differing else Step(Lane.ALBUM, ("album",))


def _lane_of(change: Change, fields: tuple[str, ...]) -> Lane:
    if "visible" in fields:
        return Lane.NEW
    if "stock" in fields and change.after.stock == 0:
        return Lane.SOLD_OUT
    if "price" in fields:
        return Lane.PRICE
    return Lane.STOCK if "stock" in fields else Lane.TEXT


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guards say: which listings wait for a person, and the figures that tripped."""

    blocked: dict[int, Block] = field(default_factory=dict)
    tripped: dict[str, dict[str, int]] = field(default_factory=dict)


def guard(
    changes: Iterable[Change], *, shown: int, removed_lately: int, approved: frozenset[int] = frozenset()
) -> Verdict:
    """Hold back removals that look like a broken catalog rather than a shop's day.

    `shown` is how many goods of the community a buyer sees now, `removed_lately` how many were taken away in
    the last 24 hours without anybody choosing it, `approved` the listings whose wish a person has allowed.
    While removals are held, creates are too: a catalog that was exchanged whole must not double the showcase.
    """
    changes = list(changes)
    removals = [c for c in changes if c.is_removal and not c.was_chosen and c.key not in approved]
    total = len(removals) + removed_lately
    if not removals or total < GUARD_FROM or total <= GUARD_SHARE * (shown + removed_lately):
        return Verdict()
    creates = [c for c in changes if c.kind == Kind.CREATE and c.key not in approved]
    blocked = {c.key: Block.GUARD_REMOVALS for c in removals} | {c.key: Block.GUARD_CREATES for c in creates}
    figures = {"removals": len(removals), "removed_lately": removed_lately, "shown": shown, "creates": len(creates)}
    return Verdict(blocked, {"removals": figures})
