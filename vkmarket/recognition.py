"""Which new product of the till is one that has gone: goods re-created under new ids keep their VK items. Pure.

Two goods are the same by barcode, else by article, else by name and price: a weaker key is asked only about
those that have no counterpart at a stronger one. Where several fit, a finer look decides (same store,
same article, same name and price); what still fits several is a person's choice.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from . import texts

Key = int | str | tuple
# What a candidate is looked up by. A tag of "any" joins with all, "with" and "without" (a barcode) not with "with".
Tagged = tuple[Hashable, str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product as far as it can be recognised. `key` is the caller's: unique among all candidates, sortable.

    `article` and `name` are compared as they are: `recognisable` makes them comparable.
    """

    key: Key
    barcodes: frozenset[str] = frozenset()
    article: str = ""
    name: str = ""
    price: Decimal | None = None
    store: str = ""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Goods gone and goods new of which nobody can say which is which."""

    missing: frozenset[Key]
    new: frozenset[Key]


@dataclass(frozen=True, slots=True)
class Matches:
    """`pairs`: missing -> new, one to one. No key is both in a pair and in an ambiguity, or in two of these."""

    pairs: dict[Key, Key]
    ambiguous: tuple[Ambiguity, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What becomes of the goods that look like others; whoever is not named goes its own way."""

    # Gone for good -> the new product that takes over its listing.
    rebind: dict[Key, Key]
    # New, and perhaps one that is only missing so far: held until that is known.
    maybe_moved: frozenset[Key]
    # New, and like several that are gone for good: held until a person says.
    ambiguous: frozenset[Key]
    # Gone for good, and like several new ones or together with others like one: not hidden by anybody's guess.
    contested: frozenset[Key]


def recognisable(
    key: Key,
    *,
    barcodes: Iterable[str] = (),
    article: str = "",
    name: str = "",
    price: Decimal | None = None,
    store: str = "",
) -> Candidate:
    """A candidate of raw fields: blanks and case do not count, and what holds no letter or digit is nothing."""
    codes = frozenset(code for code in map(_plain, barcodes) if code)
    return Candidate(key, codes, _plain(article), texts.match_name(name), price, store)


def _plain(code: str) -> str:
    return "".join(code.split()).casefold() if any(char.isalnum() for char in code) else ""


def decide(proven: Iterable[Candidate], unproven: Iterable[Candidate], new: Iterable[Candidate]) -> Verdicts:
    """Rebind what is certain. `proven` are gone for good, `unproven` are missing but may come back."""
    proven, unproven = list(proven), list(unproven)
    waiting = {candidate.key for candidate in unproven}
    found = match([*proven, *unproven], new)
    moved = {after for before, after in found.pairs.items() if before in waiting}
    ambiguous: set[Key] = set()
    contested: set[Key] = set()
    for riddle in found.ambiguous:
        # One that comes back may solve it.
        (moved if riddle.missing & waiting else ambiguous).update(riddle.new)
        contested |= riddle.missing - waiting
    return Verdicts(
        rebind={before: after for before, after in found.pairs.items() if before not in waiting},
        maybe_moved=frozenset(moved),
        ambiguous=frozenset(ambiguous),
        contested=frozenset(contested),
    )


def match(missing: Iterable[Candidate], new: Iterable[Candidate]) -> Matches:
    """Pair each missing product with the new one it became. Linear; the order of the candidates plays no part."""
    gone = {candidate.key: candidate for candidate in missing}
    come = {candidate.key: candidate for candidate in new}
    pairs: dict[Key, Key] = {}
    ambiguous: list[Ambiguity] = []
    for keys_of in (_barcodes, _article, _name_and_price):
        _take(pairs, gone, come, keys_of)
        left, right = _alike(gone, come, keys_of)
        riddle_gone = {key: gone[key] for key in left}
        riddle_come = {key: come[key] for key in right}
        if not riddle_gone:
            continue
        for detail in DETAILS:
            _take(pairs, riddle_gone, riddle_come, _finer(keys_of, detail))
        ambiguous += _riddles(riddle_gone, riddle_come, keys_of)
        asked_gone = {key for riddle in ambiguous for key in riddle.missing}
        asked_come = {key for riddle in ambiguous for key in riddle.new}
        taken = set(pairs.values())
        gone = {key: one for key, one in gone.items() if key not in pairs and key not in asked_gone}
        come = {key: one for key, one in come.items() if key not in taken and key not in asked_come}
    return Matches(pairs, tuple(sorted(ambiguous, key=lambda riddle: min(map(_order, riddle.missing)))))


KeysOf = Callable[[Candidate], Iterable[Tagged]]


def _barcodes(one: Candidate) -> Iterable[Tagged]:
    return [(code, "any") for code in one.barcodes]


def _article(one: Candidate) -> Iterable[Tagged]:
    return [(one.article, "any")] if one.article else ()


def _name_and_price(one: Candidate) -> Iterable[Tagged]:
    """Two goods that both have barcodes, and none in common, are two goods whatever they are called."""
    if not one.name or one.price is None:
        return ()
    return [((one.name, one.price), "with" if one.barcodes else "without")]


# From the closest likeness to none: what tells goods of one key apart.
DETAILS: tuple[Callable[[Candidate], Hashable], ...] = (
    lambda one: (one.store, one.article, one.name, one.price),
    lambda one: (one.store, one.name, one.price),
    lambda one: (one.store, one.article),
    lambda one: (one.store, one.name),
    lambda one: one.store,
    lambda one: (one.article, one.name, one.price),
    lambda one: (one.name, one.price),
    lambda one: one.article,
    lambda one: one.name,
    lambda _one: None,
)


def _finer(keys_of: KeysOf, detail: Callable[[Candidate], Hashable]) -> KeysOf:
    return lambda one: [((key, detail(one)), tag) for key, tag in keys_of(one)]


def _take(pairs: dict[Key, Key], gone: dict[Key, Candidate], come: dict[Key, Candidate], keys_of: KeysOf) -> None:
    """Move those that have but each other from `gone` and `come` to `pairs`."""
    left, right = _alike(gone, come, keys_of)
    for before, others in left.items():
        if len(others) == 1:
            (after,) = others
            if len(right[after]) == 1:
                pairs[before] = after
                del gone[before], come[after]


def _alike(
    gone: Mapping[Key, Candidate], come: Mapping[Key, Candidate], keys_of: KeysOf
) -> tuple[dict[Key, set[Key]], dict[Key, set[Key]]]:
    """For each that has a counterpart: one counterpart, or two of them when there are more."""
    left: dict[Key, set[Key]] = defaultdict(set)
    right: dict[Key, set[Key]] = defaultdict(set)
    for ours, theirs in _meetings(gone, come, keys_of):
        for one in ours:
            left[one].update(theirs[:2])
        for one in theirs:
            right[one].update(ours[:2])
    return left, right


def _meetings(
    gone: Mapping[Key, Candidate], come: Mapping[Key, Candidate], keys_of: KeysOf
) -> Iterable[tuple[list[Key], list[Key]]]:
    """Groups of missing and new in which everybody may be everybody."""
    shelves: dict[Hashable, dict[str, tuple[list[Key], list[Key]]]] = {}
    for candidate in gone.values():
        for key, tag in keys_of(candidate):
            shelves.setdefault(key, {}).setdefault(tag, ([], []))[0].append(candidate.key)
    for candidate in come.values():
        for key, tag in keys_of(candidate):
            if key in shelves:
                shelves[key].setdefault(tag, ([], []))[1].append(candidate.key)
    for shelf in shelves.values():
        for tag, (ours, theirs) in shelf.items():
            for other, (_ours, strangers) in shelf.items():
                partners = theirs if tag == other else strangers
                if ours and partners and not (tag == other == "with"):
                    yield ours, partners


def _riddles(gone: Mapping[Key, Candidate], come: Mapping[Key, Candidate], keys_of: KeysOf) -> list[Ambiguity]:
    """Those that are still alike, in groups that have nothing to do with each other."""
    leader: dict[tuple[int, Key], tuple[int, Key]] = {}

    def find(node):
        while leader.setdefault(node, node) != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for ours, theirs in _meetings(gone, come, keys_of):
        first = find((0, ours[0]))
        for node in [*((0, key) for key in ours[1:]), *((1, key) for key in theirs)]:
            leader[find(node)] = first
    groups: dict[tuple, tuple[set[Key], set[Key]]] = defaultdict(lambda: (set(), set()))
    for node in list(leader):
        groups[find(node)][node[0]].add(node[1])
    return [Ambiguity(frozenset(ours), frozenset(theirs)) for ours, theirs in groups.values()]


def _order(key: Key) -> tuple[str, str]:
    return type(key).__name__, repr(key)
