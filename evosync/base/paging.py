"""Walk a table by its primary key, in pages: memory stays flat, and no cursor stays open between two pages."""

from collections.abc import Iterator

from django.db.models import QuerySet


def pages(rows: QuerySet, size: int) -> Iterator[list[tuple]]:
    """The rows of a `values_list("pk", …)` that is ordered by it, so many at a time."""
    last, page = 0, None
    while page is None or len(page) == size:
        page = list(rows.filter(pk__gt=last)[:size])
        if not page:
            return
        yield page
        last = page[-1][0]
