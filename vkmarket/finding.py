"""The goods of a store that a merchant asks for: searched, filtered, sorted; the page and the CSV ask the same."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from catalog.choices import UNGROUPED
from catalog.groups import GroupTree
from catalog.mirroring import searchable
from catalog.models import CachedProduct, CachedStore
from connections.models import Community
from evosync.base.paging import Found, Listed

from .choosing import in_places
from .models import ListingSource
from .reasons import DECISIONS, Block, Reason, label_of

# So much of what is typed into a search is looked for, on every page.
WORDS_MAX = 100
# So many rows are quickly asked for by their keys. Of more than that a list is soon come upon, as one goes along.
FEW = 4000


class Filter(TextChoices):
    """States as they are stored, that a list can be cut down to."""

    ALL = "", _("Все товары")
    SHOWN = "shown", _("Сейчас в ВК")
    HELD = "held", _("Не публикуются")
    WAITS = "waits", _("Ждут отправки")
    REFUSED = "refused", _("ВК отклонил")
    DECISION = "decision", _("Нужно ваше решение")
    DIFFERS = "differs", _("В ВК иначе")
    NEVER = "never", _("Ещё не проверены или выключены")


class Sort(TextChoices):
    NAME = "name", _("по названию")
    PRICE = "price", _("сначала дешёвые")
    DEAR = "dear", _("сначала дорогие")
    STOCK = "stock", _("сначала малый остаток")
    NEW = "new", _("сначала новые")


ORDERS = {
    Sort.NAME: ("sort_name", "search_text", "pk"),
    Sort.PRICE: ("price", "pk"),
    Sort.DEAR: ("-price", "-pk"),
    Sort.STOCK: ("quantity", "pk"),
    Sort.NEW: ("-pk",),
}
# What is true of their listings, one or the other: each has its index, and of both together there is none.
OF_LISTING: dict[Filter, tuple[Q, ...]] = {
    Filter.SHOWN: (Q(listing__shown=True),),
    Filter.HELD: (~Q(listing__hold=""),),
    # In a lane. SQLite looks for «IS NOT NULL» in no index.
    Filter.WAITS: (Q(listing__lane__gt=0, listing__blocked="", listing__hold=""),),
    Filter.REFUSED: (Q(listing__blocked=Block.REFUSED),),
    Filter.DECISION: (Q(listing__blocked__in=DECISIONS), Q(listing__hold=Reason.AMBIGUOUS_REBIND)),
    Filter.DIFFERS: (Q(listing__has_drift=True),),
}


def holds(words: str, column: str = "search_text") -> Q:
    """That a thing has all these words."""
    return reduce(lambda all_, word: all_ & Q(**{f"{column}__contains": word}), searchable(words).split(), Q())


def searched(stores: Collection[CachedStore], words: str) -> list[int] | None:
    """The goods of these stores with these words, wherever they stand now; None: too many to go by them."""
    rows = CachedProduct.objects.filter(holds(words), store__in=stores)
    keys = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    return keys if len(keys) <= FEW else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. What is no filter and no order of ours is the default."""

    words: str = ""
    group: str = ""
    state: Filter = Filter.ALL
    sort: Sort = Sort.NAME
    # The code of a Reason or a Block.
    why: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """Of an address's query or a form. What says nothing that we know is everything, by name."""
        state, sort, why = query.get("state", ""), query.get("sort", ""), query.get("why", "")
        return cls(
            words=query.get("q", "").strip()[:WORDS_MAX],
            group=query.get("group", "")[:64],
            state=Filter(state) if state in Filter.values else Filter.ALL,
            sort=Sort(sort) if sort in Sort.values else Sort.NAME,
            why=why if why in Reason.values or why in Block.values else "",
        )

    @property
    def everything(self) -> bool:
        """Is nothing left out?"""
        return not (self.words or self.group or self.state or self.why)

    @property
    def reason(self) -> str:
        return label_of(self.why) if self.why else ""

    def found(self, store: CachedStore, community: Community | None) -> QuerySet[CachedProduct]:
        """Goods that are on the till now, unordered."""
        rows = CachedProduct.objects.present().filter(store=store)
        if self.group:
            rows = rows.filter(in_places(store, self._places(store)))
        if self.words:
            rows = rows.filter(holds(self.words))
        if self.state == Filter.NEVER:
            rows = rows.filter(_never_planned(store, community))
        elif self.state:
            rows = rows.filter(_of_listing(community, *OF_LISTING[self.state]))
        if self.why:
            rows = rows.filter(_of_listing(community, _held_by(self.why)))
        return rows

    def listed(self, store: CachedStore, community: Community | None) -> Listed[CachedProduct]:
        """The same in order, for a Paginator."""
        rows = self.found(store, community)
        if self.everything:
            return Listed(rows.order_by(*self.order()), count=store.goods)
        if self.words and self.sort != Sort.NAME and (keys := searched([store], self.words)) is not None:
            # The words stand in the index of names alone.
            rows = rows.filter(pk__among=set(keys))
        return Found(rows.order_by(*self.order()))

    def order(self) -> tuple[str, ...]:
        """As the index has it that serves the filter."""
        in_group = self.group and self.sort == Sort.NAME
        return ("sort_name", "pk") if in_group else ORDERS[self.sort]

    def _places(self, store: CachedStore) -> set[str]:
        """The group and all that lies in it."""
        if self.group == UNGROUPED:
            return {UNGROUPED}
        tree = GroupTree.plain(store)
        return {row.evotor_id for row in tree if self.group in tree.chain(row.evotor_id)}


def _sources(community: Community | None) -> QuerySet[ListingSource]:
    return ListingSource.objects.filter(community=community)


def _never_planned(store: CachedStore, community: Community | None) -> Q:
    """Goods of the store that have no listing."""
    # Collected once, and not looked for with each product.
    apart = ~Q(pk__in=_sources(community).values("product"))
    rows = CachedProduct.objects.present().filter(apart, store=store)
    return _few(rows.order_by().values_list("pk", flat=True)) or apart


def _few(*alternatives: QuerySet) -> Q | None:
    """Just these, where they are few. Of many there is soon enough for a list as one goes along: which of both, the
    database does not know."""
    found: set[int] = set()
    for keys in alternatives:
        found.update(keys[: FEW + 1])
        if len(found) > FEW:
            return None
    return Q(pk__among=found)


def _held_by(why: str) -> Q:
    """Listings that this keeps out of VK, as `figures` counts them: what the rules hold has no other reason."""
    return Q(listing__hold=why) if why in Reason.values else Q(listing__hold="", listing__blocked=why)


def _of_listing(community: Community | None, *conditions: Q) -> Q:
    """Products of whose listings one of these is true."""
    # The community once more: so the indices of the listings are seen to help.
    ours = _sources(community).filter(listing__community=community)
    told = [ours.filter(condition).order_by().values_list("product", flat=True) for condition in conditions]
    either = reduce(or_, conditions)
    return _few(*told) or Q(Exists(_sources(community).filter(either, product=OuterRef("pk"))))
