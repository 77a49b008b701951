"""What a reading of a store met in the mirror, and what of the rest is really gone."""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import Max

from connections.clients import evotor
from connections.clients.errors import ApiError, AuthenticationError, BadAnswer, NotFound
from evosync.base import clock
from evosync.base.paging import pages
from evosync.base.upsert import BATCH, retry_deadlocks, upsert

from . import mirroring
from .models import CachedGroup, CachedProduct, CachedStore

# How many products one reading asks for singly, and after how many unreadable answers it stops.
ASKED = 50
BAD_ANSWERS = 3
ROW_OF: dict[type[CachedGroup] | type[CachedProduct], Callable[[CachedStore, Any], CachedGroup | CachedProduct]] = {
    CachedGroup: mirroring.group_row,
    CachedProduct: mirroring.product_row,
}
WRITTEN = {
    CachedGroup: (*mirroring.GROUP_FIELDS, "search_text", "hash", "absent_since", "absent_proven"),
    # A product that says something new may have a new picture: it is asked for again, the old one stays till then.
    CachedProduct: (
        *mirroring.PRODUCT_FIELDS,
        "search_text",
        "sort_name",
        "hash",
        "absent_since",
        "absent_proven",
        "image_checked_at",
    ),
}


class Meeting:
    """One model's rows of one store while the store is being read.

    Keeps the keys of the rows met, never the rows: a hundred thousand products are a few megabytes.
    """

    def __init__(self, model: type[CachedGroup] | type[CachedProduct], store: CachedStore):
        self.model, self.store = model, store
        self.rows = model.objects.filter(store=store)
        # Rows that another reading adds meanwhile are not ours to miss.
        self._newest = self.rows.aggregate(newest=Max("pk"))["newest"] or 0
        self._met: set[int] = set()
        self.written = 0
        # Entries of the list, and whether its last page was the last there is.
        self.told = 0
        self.ended = False
        # Entries too broken to know what they are: they may be any of the rows not met.
        self.broken = 0

    def take(self, things: Iterable[evotor.Group | evotor.Product]) -> None:
        """Write those of a page that say something new, or that come back. Rows are made of these alone."""
        told = {thing.id: thing for thing in things}
        hashes = {evotor_id: mirroring.digest(thing) for evotor_id, thing in told.items()}
        known = {
            evotor_id: (pk, digest, absent_since)
            for pk, evotor_id, digest, absent_since in self.rows.filter(evotor_id__in=list(told)).values_list(
                "pk", "evotor_id", "hash", "absent_since"
            )
        }
        self._met.update(pk for pk, *_rest in known.values())
        changed = [
            ROW_OF[self.model](self.store, thing)
            for evotor_id, thing in told.items()
            if known.get(evotor_id, ())[1:] != (hashes[evotor_id], None)
        ]
        upsert(self.model, changed, unique=["store", "evotor_id"], fields=WRITTEN[self.model])
        self.written += len(changed)
        here = sum(absent_since is None for _pk, _digest, absent_since in known.values())
        if here < len(told) and self.model is CachedProduct:
            # A first reading takes its time, and the merchant looks on.
            self.store.count_goods()

    def missing(self, *fields: str, **where) -> Iterator[tuple]:
        """(pk, fields…) of the rows that were here before the reading and that it did not meet."""
        rows = self.rows.filter(pk__lte=self._newest, **where).order_by("pk").values_list("pk", *fields)
        for page in pages(rows, 4 * BATCH):
            yield from (row for row in page if row[0] not in self._met)

    def update(self, pks: Iterable[int], where: dict | None = None, **values) -> int:
        """Change these rows, a short transaction at a time; how many there were."""
        count = 0
        for batch in batched(sorted(pks), BATCH):

            def write(batch=batch):
                with transaction.atomic():
                    return self.rows.filter(pk__in=batch, **(where or {})).update(**values)

            count += retry_deadlocks(write)
        return count


def note_all(store: CachedStore) -> int:
    """Mark all that a store has as gone, and that as proven; how many goods are newly gone."""
    gone = 0
    for model in (CachedGroup, CachedProduct):
        rows = Meeting(model, store)
        missing = dict(rows.missing("absent_since", absent_proven=False))
        gone = rows.update([pk for pk, since in missing.items() if since is None], absent_since=clock.now())
        rows.update(missing, absent_proven=True)
    store.count_goods()
    return gone


def note_groups(groups: Meeting, started_at: datetime) -> int:
    """Mark the groups that a complete list no longer has; how many are newly gone.

    A second complete list, begun after the first one marked them, proves it. An empty list proves nothing.
    """
    if groups.broken or not groups.told:
        return 0
    missing = dict(groups.missing("absent_since", absent_proven=False))
    groups.update([pk for pk, since in missing.items() if since and since < started_at], absent_proven=True)
    gone = [pk for pk, since in missing.items() if since is None]
    return groups.update(gone, {"absent_since": None}, absent_since=clock.now())


def note_products(
    products: Meeting, ask: Callable[[str], evotor.Product | None], started_at: datetime
) -> tuple[int, bool]:
    """Mark the products that a complete list no longer has; how many are newly gone, and whether all was judged.

    Absence is proven by a 404 of the product itself, or by a second complete list. A list that lacks a product
    which is there when asked for, or that has unreadable entries, is not the whole: then only a 404 counts.
    `ask` gives the product, or None where there is nothing usable; it raises ApiError.
    """
    missing = dict(products.missing("absent_since", absent_proven=False))
    # At random, so that a list which lacks half the shop is found out whatever the order of the rows.
    asked = random.sample(list(missing), min(ASKED, len(missing)))
    gone, found = _ask(products, asked, ask)
    products.take(found.values())
    now, fresh = clock.now(), {"absent_since": None}
    vanished = products.update(gone, fresh, absent_since=now, absent_proven=True)
    products.update(gone, absent_proven=True)

    rest = [pk for pk in missing if pk not in gone and pk not in found]
    if found or products.broken:
        return vanished, not rest
    # Missed by a list that ended before this one began: the two agree.
    agreed = [pk for pk in rest if missing[pk] is not None and missing[pk] < started_at]
    products.update(agreed, absent_proven=True)
    vanished += products.update([pk for pk in rest if missing[pk] is None], fresh, absent_since=now)
    return vanished, True


def _ask(
    products: Meeting, pks: list[int], ask: Callable[[str], evotor.Product | None]
) -> tuple[set[int], dict[int, evotor.Product]]:
    """Which of the rows Evotor does not know (404), and what it still shows."""
    gone, found, bad = set(), {}, 0
    for pk, evotor_id in products.rows.filter(pk__in=pks).values_list("pk", "evotor_id"):
        try:
            if told := ask(evotor_id):
                found[pk] = told
        except NotFound:
            gone.add(pk)
        except AuthenticationError:
            raise
        except BadAnswer:
            bad += 1
            if bad == BAD_ANSWERS:
                break
        except ApiError:
            # Not now: the next reading asks again, or proves it by agreeing.
            break
    return gone, found
