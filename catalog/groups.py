"""The tree of a store's product groups: who lies in what, and which albums come of it. Read once, pure from then on."""

from collections.abc import Collection, Iterable, Iterator
from itertools import chain, starmap
from typing import Any, NamedTuple

from .models import CachedGroup, CachedStore

DEPTH = 32
TITLE_LIMIT = 128
SEPARATOR = " / "
ELLIPSIS = "…"
NAMELESS = "Без названия"


class GroupRow(NamedTuple):
    pk: int
    evotor_id: str
    parent_id: str
    name: str
    vk_category_id: int | None
    # The merchant's, for goods that have none.
    own_picture: str
    # Not empty for a modification group, which holds the variants of one thing.
    attributes: Any = ()
    # No longer in Evotor: takes no album, but its choice still counts for goods that name it.
    absent: bool = False


GROUP_COLUMNS = tuple(name for name in GroupRow._fields if name != "absent")


class GroupTree:
    """Groups of one store. A group whose parent is unknown lies in the root, a circle is cut, depth has an end."""

    def __init__(self, rows: Iterable[tuple]):
        self._rows = {row.evotor_id: row for row in starmap(GroupRow, rows)}
        self._chains: dict[str, tuple[str, ...]] = {}

    @classmethod
    def of(cls, store: CachedStore, *, trusting: bool = False) -> "GroupTree":
        """The store's tree. A group counts as gone once that is proven, or, `trusting`, when one list lacks it."""
        rows = CachedGroup.objects.filter(store=store).values_list(*GROUP_COLUMNS, "absent_since", "absent_proven")
        return cls((*row, bool(since) if trusting else proven) for *row, since, proven in rows)

    @classmethod
    def plain(cls, store: CachedStore) -> "GroupTree":
        """The store's whole tree for a page: names, parents, categories and pictures, no variants."""
        groups = CachedGroup.objects.filter(store=store)
        columns = ("pk", "evotor_id", "parent_id", "name", "vk_category_id", "own_picture")
        # Asked for apart: to make moments of ten thousand columns costs as much as to read the rows.
        here = groups.filter(absent_since=None).values_list(*columns)
        gone = groups.filter(absent_since__isnull=False).values_list(*columns)
        return cls(chain(here, ((*row, (), True) for row in gone)))

    @classmethod
    def all_of(cls, stores: Iterable[int]) -> dict[int, "GroupTree"]:
        """The trees of many stores in one query: who lies in what, and no more than that."""
        rows: dict[int, list[tuple]] = {store: [] for store in stores}
        groups = CachedGroup.objects.filter(store__in=list(rows))
        for store, pk, own, above in groups.values_list("store", "pk", "evotor_id", "parent_id"):
            rows[store].append((pk, own, above, "", None, ""))
        return {store: cls(told) for store, told in rows.items()}

    @classmethod
    def above(cls, store: CachedStore, group_ids: Iterable[str]) -> "GroupTree":
        """Only these groups and those above them: for a page of goods, in as many queries as the tree is deep."""
        rows: dict[str, tuple] = {}
        wanted = set(group_ids) - {""}
        for _level in range(DEPTH):
            if not wanted:
                break
            found = CachedGroup.objects.filter(store=store, evotor_id__in=wanted)
            told = list(found.values_list(*GROUP_COLUMNS, "absent_proven"))
            rows |= {row[1]: row for row in told}
            wanted = {row[2] for row in told} - rows.keys() - {""}
        return cls(rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[GroupRow]:
        return iter(self._rows.values())

    def keys(self) -> Collection[str]:
        return self._rows.keys()

    def __contains__(self, group_id: str) -> bool:
        return group_id in self._rows

    def row(self, group_id: str) -> GroupRow:
        """A group of the tree by its id."""
        return self._rows[group_id]

    def chain(self, parent_id: str) -> tuple[str, ...]:
        """The groups above a thing that lies in `parent_id`, nearest first; () for the root or an unknown group."""
        if parent_id not in self._chains:
            self._chains[parent_id] = self._climb(parent_id)
        return self._chains[parent_id]

    def _climb(self, group_id: str) -> tuple[str, ...]:
        # A dict, because it keeps the order and knows quickly what it holds.
        above: dict[str, None] = {}
        while group_id in self._rows and group_id not in above and len(above) < DEPTH:
            above[group_id] = None
            group_id = self._rows[group_id].parent_id
        return tuple(above)

    def circle(self, group_id: str) -> set[str]:
        """The groups that lie in one another, of those above a group which is below such a circle or in it."""
        seen: list[str] = []
        while group_id not in seen:
            seen.append(group_id)
            group_id = self._rows[group_id].parent_id
        return set(seen[seen.index(group_id) :])

    def path(self, group_id: str) -> tuple[str, ...]:
        """Names from the root down to the group itself."""
        return tuple(self._rows[above].name for above in reversed(self.chain(group_id)))

    def category(self, group_id: str) -> int | None:
        """The VK category chosen for the group or the nearest one above it."""
        chosen = (self._rows[above].vk_category_id for above in self.chain(group_id))
        return next((category for category in chosen if category is not None), None)

    def picture(self, group_id: str) -> str:
        """The picture that the merchant gave the group or the nearest one above it, '' for none."""
        return next((name for above in self.chain(group_id) if (name := self._rows[above].own_picture)), "")

    def album_group(self, parent_id: str) -> str | None:
        """The group whose album shows goods of `parent_id`: variants go to the album around their group."""
        return next((above for above in self.chain(parent_id) if self._takes_album(self._rows[above])), None)

    @staticmethod
    def _takes_album(row: GroupRow) -> bool:
        return not row.attributes and not row.absent

    def titles(self, limit: int = TITLE_LIMIT) -> dict[str, str]:
        """An album title for each group that takes one, no two equal, the same for the same groups."""
        wished = {
            group_id: shorten(self.path(group_id), limit)
            for group_id in sorted(self._rows)
            if self._takes_album(self._rows[group_id])
        }
        # Whoever comes first keeps the plain title, also before another group's made-up « (2)».
        first: dict[str, str] = {}
        for group_id, title in wished.items():
            first.setdefault(title, group_id)
        taken = set(first)
        numbers: dict[str, int] = {}
        titles = {}
        for group_id, title in wished.items():
            if first[title] == group_id:
                titles[group_id] = title
                continue
            path, number = self.path(group_id), numbers.get(title, 2)
            while (numbered := _numbered(path, number, limit)) in taken:
                number += 1
            numbers[title] = number + 1
            taken.add(numbered)
            titles[group_id] = numbered
        return titles


def _numbered(path: Iterable[str], number: int, limit: int) -> str:
    suffix = f" ({number})"
    return shorten(path, limit - len(suffix)) + suffix


def shorten(names: Iterable[str], limit: int) -> str:
    """The names joined within `limit` characters: what lies between the root and the last name goes first."""
    names = [" ".join(name.split()) or NAMELESS for name in names]
    whole = SEPARATOR.join(names)
    if len(whole) <= limit:
        return whole
    root, last = names[0], names[-1]
    for first_kept in range(2, len(names)):
        title = SEPARATOR.join([root, ELLIPSIS, *names[first_kept:]])
        if len(title) <= limit:
            return title
    if len(names) > 1:
        title = SEPARATOR.join([ELLIPSIS, last])
        if len(title) <= limit:
            return title
    return last if len(last) <= limit else last[: limit - len(ELLIPSIS)].rstrip() + ELLIPSIS
