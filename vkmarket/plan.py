"""The difference between what is wished and what VK accepted, and the guards over it. Pure: data in, data out."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from .items import Item
from .reasons import Alarm, Block, Lane, Reason
from .rules import CARD

# A guard speaks from this many goods on, and above this share of what was shown.
GUARD_FROM = 10
GUARD_SHARE = 0.30
# A price that moves by more than this part of itself is alarming.
PRICE_SHARE = Decimal("0.50")

# Characters of a field that a line of the plan shows.
TOLD = 60
# Before the mark of a picture: the item had one of its own when EvoSync took it over, and this was the till's then.
KEPT = "kept:"


class Kind(StrEnum):
    """What a change does to an item, as a person counts it; how many calls that takes is `next_step`'s."""

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
    def lies_in(self) -> int | None:
        """The album that the item lies in now."""
        return self.before.album if self.before else None

    @property
    def alarm(self) -> Alarm:
        """What the guards count it as. What the merchant chose raises none."""
        if self.before is None or self.was_chosen:
            return Alarm.NONE
        if self.kind in (Kind.HIDE, Kind.DELETE):
            return Alarm.REMOVAL
        if not self.before.visible:
            # Nobody saw it: what it comes back with takes nothing away.
            return Alarm.NONE
        before, after = self.before.stock, self.after.stock
        if before != after and (after == 0 or (before > 0 and after == -1)):
            return Alarm.REMOVAL
        moved = abs(self.after.price - self.before.price)
        return Alarm.PRICE if moved > PRICE_SHARE * self.before.price else Alarm.NONE

    @property
    def was_chosen(self) -> bool:
        """Did the merchant ask for it: by switching the good, its group or its store off, or by removing all?"""
        return self.reason in (Reason.EXCLUDED, Reason.REMOVED)

    def __str__(self) -> str:
        pairs = ((name, *map(_short, pair)) for name, pair in self.fields.items())
        told = ", ".join(f"{name} {before} -> {after}" for name, before, after in pairs)
        return f"{self.kind} {self.after.name}" + (f": {told}" if told and self.kind == Kind.UPDATE else "")


def _short(value) -> str:
    """A value as a line of a plan tells it: a thousand lines go into one row."""
    text = str(value)
    return text if len(text) <= TOLD else text[:TOLD] + "…"


def _pair(name: str, before: Item, after: Item) -> tuple | None:
    was, is_ = getattr(before, name), getattr(after, name)
    return None if was == is_ else (was, is_)


@dataclass(frozen=True, slots=True)
class Plan:
    """Every change that is due, in the order of the listings."""

    changes: tuple[Change, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many changes there are of each kind that occurs: {"create": 3}."""
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
    """What one listing needs, None where VK already has its wish.

    `sent` None: not in VK. What is hidden and stays hidden needs nothing: it is brought up to date when it is shown.
    """
    if wish.item is None:
        return None
    if sent is None:
        return Change(Kind.CREATE, key, None, wish.item, wish.hold) if wish.item.visible else None
    if wish.delete:
        return Change(Kind.DELETE, key, sent, wish.item, wish.hold)
    item = _keeping_picture(wish.item, sent)
    if item == sent or not (item.visible or sent.visible):
        return None
    if sent.visible and not item.visible:
        return Change(Kind.HIDE, key, sent, item, wish.hold)
    kind = Kind.UPDATE if sent.visible else Kind.UNHIDE
    return Change(kind, key, sent, item, wish.hold)


def _keeping_picture(item: Item, sent: Item) -> Item:
    return replace(item, photo=sent.photo) if keeps_picture(item, sent) else item


def keeps_picture(item: Item, sent: Item) -> bool:
    """A picture that the merchant made for VK gives way to a new one of the till's, and never to a drawn card."""
    return sent.photo == KEPT + item.photo or (sent.photo.startswith(KEPT) and item.photo.startswith(CARD))


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
    """What the guards say: which listings wait for a person, and what each guard that tripped has seen.

    `tripped` is {"removals": {"removals": n, "lately": n, "shown": n, "creates": n}} and the like for "prices", which
    hold back no creates.
    """

    blocked: dict[int, Block] = field(default_factory=dict)
    tripped: dict[str, dict[str, int]] = field(default_factory=dict)


def guard(
    changes: Iterable[Change],
    *,
    shown: int,
    lately: Mapping[Alarm, int] | None = None,
    approved: frozenset[int] = frozenset(),
) -> Verdict:
    """Hold back what looks like a broken catalog rather than a shop's day.

    `shown` is how many goods of the community a buyer sees now; `lately` how many listings were taken away, or
    given a very different price, in the last 24 hours without anybody choosing it; `approved` the listings whose
    wish a person has allowed. A guard that trips holds only the listings of its kind. While removals are held,
    creates are too: a catalog that was exchanged whole must not double the showcase.
    """
    changes = [change for change in changes if change.key not in approved]
    removals = _alarming(changes, Alarm.REMOVAL, shown, lately or {})
    prices = _alarming(changes, Alarm.PRICE, shown, lately or {})
    creates = [change for change in changes if change.kind == Kind.CREATE] if removals else []
    blocked = dict.fromkeys((c.key for c in creates), Block.GUARD_CREATES)
    blocked |= dict.fromkeys((c.key for c in prices), Block.GUARD_PRICES)
    blocked |= dict.fromkeys((c.key for c in removals), Block.GUARD_REMOVALS)
    tripped = {}
    for name, held, alarm in (("removals", removals, Alarm.REMOVAL), ("prices", prices, Alarm.PRICE)):
        if held:
            tripped[name] = {name: len(held), "lately": (lately or {}).get(alarm, 0), "shown": shown}
    if removals:
        tripped["removals"]["creates"] = len(creates)
    return Verdict(blocked, tripped)


def _alarming(changes: list[Change], alarm: Alarm, shown: int, lately: Mapping[Alarm, int]) -> list[Change]:
    """The changes that raise this alarm, if together with the last day's they are too many; else none."""
    raising = [change for change in changes if change.alarm == alarm]
    before = lately.get(alarm, 0)
    total = len(raising) + before
    # What was taken away is no longer shown, but was at the start.
    start = shown + (before if alarm == Alarm.REMOVAL else 0)
    return raising if total >= GUARD_FROM and total > GUARD_SHARE * start else []
