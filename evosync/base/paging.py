"""Long lists, a page at a time: for jobs that walk a whole table, and for people who look at some of it."""

from collections.abc import Collection, Iterator, Sequence

from django.db.models import QuerySet
from django.utils.functional import cached_property

# Whoever searched goes through so many at most: to the end of what was found, or to better words.
MOST = 500


def pages(rows: QuerySet, size: int) -> Iterator[list[tuple]]:
    """The rows of a `values_list("pk", …)` that is ordered by it, so many at a time: memory stays flat, and no cursor
    stays open between two pages."""
    last, page = 0, None
    while page is None or len(page) == size:
        page = list(rows.filter(pk__gt=last)[:size])
        if not page:
            return
        yield page
        last = page[-1][0]


def with_keys[Rows: QuerySet](rows: Rows, keys: Collection[int]) -> Rows:
    """Those of the rows that have these primary keys. An unbroken stretch is asked for by its ends."""
    keys = set(keys)
    if keys and (last := max(keys)) - (first := min(keys)) + 1 == len(keys):
        return rows.filter(pk__gte=first, pk__lte=last)
    return rows.filter(pk__among=keys)


class Listed[Row](Sequence[Row]):
    """An ordered query for a Paginator: it reads keys, which an index may hold, and the rows of one page by them."""

    # There is more than is told.
    more = False

    def __init__(self, ordered: QuerySet, rows: QuerySet | None = None, *, count: int | None = None):
        """`rows`: what to read of the rows of a page, with `only` or `select_related`. `count`: where it is known."""
        self._rows = ordered.model._default_manager.all() if rows is None else rows
        self._keys: QuerySet | list = ordered.values_list("pk", flat=True)
        self._known = count

    @cached_property
    def _count(self) -> int:
        return self._keys.count() if isinstance(self._keys, QuerySet) else len(self._keys)

    def __len__(self) -> int:
        return self._count if self._known is None else self._known

    def __getitem__(self, part):
        keys = self._part(part.start, part.stop)
        rows = self._rows.in_bulk(keys)
        return [rows[key] for key in keys if key in rows]

    def _part(self, start: int, stop: int) -> list[int]:
        """The keys from the nearer end: the database walks all that it is told to leave out."""
        if start <= len(self) // 2 or isinstance(self._keys, list):
            return list(self._keys[start:stop])
        last = min(stop, len(self))
        return list(self._keys.reverse()[len(self) - last : len(self) - start])[::-1]


class Found[Row](Listed[Row]):
    """What was searched for: found once, in order, the first MOST of it. To count the rest would be to go through
    everything, on every page."""

    def __init__(self, ordered: QuerySet, rows: QuerySet | None = None):
        super().__init__(ordered, rows)
        found = list(self._keys[: MOST + 1])
        self._keys, self.more = found[:MOST], len(found) > MOST
