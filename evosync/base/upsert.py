"""One way to write many rows, the same on SQLite and MariaDB."""

import random
from collections.abc import Callable, Iterable, Sequence
from functools import partial, wraps
from itertools import batched

from django.db import OperationalError, connection, models

from . import clock

BATCH = 500
# MariaDB: lock wait timeout, deadlock. Both roll back and ask to try again.
RETRIABLE = {1205, 1213}


def retry_deadlocks[Result](work: Callable[[], Result], tries: int = 5) -> Result:
    """Run `work`, which holds one outermost transaction, again when MariaDB broke a deadlock with it."""
    for attempt in range(tries):
        try:
            return work()
        except OperationalError as error:
            lost = bool(error.args) and error.args[0] in RETRIABLE
            if not lost or connection.in_atomic_block or attempt == tries - 1:
                raise
            clock.sleep(random.uniform(0.01, 0.1) * 2**attempt)
    raise AssertionError("unreachable")


def retrying[**Given, Result](work: Callable[Given, Result]) -> Callable[Given, Result]:
    """`work`, which holds one outermost transaction, made to run again when MariaDB broke a deadlock with it."""

    @wraps(work)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        return retry_deadlocks(partial(work, *args, **kwargs))

    return run


def upsert(
    model: type[models.Model], rows: Iterable[models.Model], unique: Sequence[str], fields: Sequence[str]
) -> None:
    """Insert `rows`, or update `fields` where the `unique` columns are known.

    Rows are sorted by their key (unsorted writers deadlock on MariaDB) and written 500 a transaction.
    MariaDB takes no `unique_fields`: there any unique key of the table decides, so the tables have one each.
    """
    columns = {field.name: field.attname for field in model._meta.concrete_fields}
    ordered = sorted(rows, key=lambda row: [getattr(row, columns[name]) for name in unique])
    target = unique if connection.features.supports_update_conflicts_with_target else None

    for batch in batched(ordered, BATCH):
        # One statement, or Django's own transaction around several; a part of the caller's, if there is one.
        write = partial(
            model._default_manager.bulk_create,
            batch,
            update_conflicts=True,
            update_fields=fields,
            unique_fields=target,
        )
        retry_deadlocks(write)
