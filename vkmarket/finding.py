"""The goods of a store that a merchant asks for: searched, filtered, sorted; the page and the CSV ask the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from catalog.choices import UNGROUPED
from catalog.groups import GroupTree
from catalog.mirroring import searchable
from catalog.models import CachedProduct, CachedStore
from connections.models import Community

from .choosing import in_places
from .models import ListingSource
from .reasons import Block, Reason

WORDS_MAX = 100


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
    Sort.NAME: ("sort_name", "pk"),
    Sort.PRICE: ("price", "pk"),
    Sort.DEAR: ("-price", "-pk"),
    Sort.STOCK: ("quantity", "pk"),
    Sort.NEW: ("-pk",),
}
OF_LISTING = {
    Filter.SHOWN: Q(listing__shown=True),
    Filter.HELD: ~Q(listing__hold=""),
    Filter.WAITS: Q(listing__lane__isnull=False, listing__blocked="", listing__hold=""),
    Filter.REFUSED: Q(listing__blocked=Block.REFUSED),
    Filter.DECISION: ~Q(listing__blocked__in=(Block.NONE, Block.REFUSED)) | Q(listing__hold=Reason.AMBIGUOUS_REBIND),
    Filter.DIFFERS: ~Q(listing__drift=[]),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. What is no filter and no order of ours is the default."""

    words: str = ""
    group: str = ""
    state: Filter = Filter.ALL
    sort: Sort = Sort.NAME

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        state, sort = query.get("state", ""), query.get("sort", "")
        return cls(
            words=query.get("q", "").strip()[:WORDS_MAX],
            group=query.get("group", "")[:64],
            state=Filter(state) if state in Filter.values else Filter.ALL,
            sort=Sort(sort) if sort in Sort.values else Sort.NAME,
        )

    @property
    def everything(self) -> bool:
        """Is nothing left out?"""
        return not (self.words or self.group or self.state)

    def found(self, store: CachedStore, community: Community | None) -> QuerySet[CachedProduct]:
        """Goods that are on the till now, unordered."""
        rows = CachedProduct.objects.present().filter(store=store)
        if self.group:
            rows = rows.filter(in_places(store, self._places(store)))
        if self.words:
            words = searchable(self.words).split()
            rows = rows.filter(reduce(lambda all_, word: all_ & Q(search_text__contains=word), words, Q()))
        if self.state:
            rows = rows.filter(self._stored(community))
        return rows

    def ordered(self, rows: QuerySet[CachedProduct]) -> QuerySet[CachedProduct]:
        return rows.order_by(*ORDERS[self.sort])

    def _places(self, store: CachedStore) -> set[str]:
        """The group and all that lies in it."""
        if self.group == UNGROUPED:
            return {UNGROUPED}
        tree = GroupTree.plain(store)
        return {row.evotor_id for row in tree if self.group in tree.chain(row.evotor_id)}

    def _stored(self, community: Community | None) -> Q:
        sources = ListingSource.objects.filter(community=community)
        if self.state == Filter.NEVER:
            return ~Q(Exists(sources.filter(product=OuterRef("pk"))))
        # Not by EXISTS: the database may begin with the listings, which may be few.
        return Q(pk__in=sources.filter(OF_LISTING[self.state]).values("product"))
