"""A store's groups as the merchant reads them: who lies in what, how many goods, whose choice counts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.choices import GROUP, INHERIT, UNGROUPED, Choices
from catalog.groups import GroupRow, GroupTree
from catalog.mirroring import searchable
from catalog.models import CachedGroup, CachedProduct, CachedStore
from vkmarket.finding import holds
from vkmarket.models import VkCategory


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group of the list."""

    evotor_id: str
    name: str
    path: str
    # Goods in it and in all that lies in it.
    count: int
    parts: int
    own: str
    on: bool
    # The group whose choice it follows: "" where it has one of its own, or follows the store.
    follows: str
    category: str
    category_is_own: bool
    own_picture: str

    @property
    def above(self) -> str:
        """Whose choice it takes where it has none."""
        return "group" if self.path else "store"

    @property
    def is_ungrouped(self) -> bool:
        return self.evotor_id == UNGROUPED


class Shelves:
    """All groups of a store, the counts of their goods and what was chosen: four queries however many there are."""

    def __init__(self, user: User, store: CachedStore):
        self.store, self.tree = store, GroupTree.plain(store)
        self.choices = Choices.in_store(user, store.evotor_id)
        self.parts: dict[str, list[GroupRow]] = defaultdict(list)
        self.counts: dict[str, int] = dict.fromkeys([*self.tree.keys(), UNGROUPED], 0)
        present, known = CachedProduct.objects.present().filter(store=store).order_by(), self.tree.keys()
        for parent, count in present.values_list("parent_id").annotate(Count("pk")):
            self.counts[parent if parent in known else UNGROUPED] += count
        self.is_empty = not any(self.counts.values())
        for row, above in reversed(self._from_the_root()):
            if above:
                self.counts[above] += self.counts[row.evotor_id]
            if not row.absent:
                self.parts[above].append(row)

    def _from_the_root(self) -> list[tuple[GroupRow, str]]:
        """Every group once and after the one around it ("" for none), which is the second."""
        below: dict[str, list[GroupRow]] = defaultdict(list)
        keys = self.tree.keys()
        for row in self.tree:
            below[row.parent_id if row.parent_id in keys else ""].append(row)
        found = [(row, "") for row in below[""]]
        known = {row.evotor_id for row in below[""]}
        position = 0
        while len(found) < len(self.tree):
            if position == len(found):
                # What is left lies in a circle, which is cut before the first of it.
                circle = self.tree.circle(next(row.evotor_id for row in self.tree if row.evotor_id not in known))
                found.append((self.tree.row(min(circle)), ""))
                known.add(min(circle))
            around = found[position][0].evotor_id
            position += 1
            if around in below:
                inside = [row for row in below[around] if row.evotor_id not in known]
                found += [(row, around) for row in inside]
                known.update(row.evotor_id for row in inside)
        return found

    def inside(self, group_id: str = "") -> list[GroupRow]:
        """The groups that lie in this one, or in none, by name."""
        return sorted(self.parts.get(group_id, ()), key=lambda row: (searchable(row.name), row.evotor_id))

    def search(self, words: str) -> list[GroupRow]:
        found = CachedGroup.objects.filter(holds(words), store=self.store, absent_since=None)
        ids = found.order_by("search_text", "evotor_id").values_list("evotor_id", flat=True)
        return [self.tree.row(group_id) for group_id in ids]

    def lines(self, rows: Iterable[GroupRow]) -> list[GroupLine]:
        rows = list(rows)
        categories = {row.evotor_id: self.tree.category(row.evotor_id) for row in rows}
        known = VkCategory.objects.filter(category_id__in=[number for number in categories.values() if number])
        paths = dict(known.values_list("category_id", "path"))
        return [self._line(row, paths.get(categories[row.evotor_id] or 0, "")) for row in rows]

    def _line(self, row: GroupRow, category: str) -> GroupLine:
        store_id, chain = self.store.evotor_id, self.tree.chain(row.evotor_id)
        own = self.choices.own(GROUP, row.evotor_id, store_id)
        decisive = self.choices.decisive(store_id, chain) if own == INHERIT else ""
        return GroupLine(
            evotor_id=row.evotor_id,
            name=row.name or _("Без названия"),
            path=" / ".join(self.tree.path(row.evotor_id)[:-1]),
            count=self.counts[row.evotor_id],
            parts=len(self.parts.get(row.evotor_id, ())),
            own=own,
            on=self.choices.group_on(store_id, chain),
            follows=self.tree.row(decisive).name if decisive else "",
            category=category,
            category_is_own=row.vk_category_id is not None,
            own_picture=row.own_picture,
        )

    def ungrouped(self) -> GroupLine:
        return GroupLine(
            evotor_id=UNGROUPED,
            name=_("Без группы"),
            path="",
            count=self.counts[UNGROUPED],
            parts=0,
            own=self.choices.own(GROUP, UNGROUPED, self.store.evotor_id),
            on=self.choices.group_on(self.store.evotor_id, ()),
            follows="",
            category="",
            category_is_own=False,
            own_picture="",
        )
