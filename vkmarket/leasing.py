"""One writer a community at a time: the lease, by the database's clock, with a growing fence."""

import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from connections.models import Community
from evosync.base import clock
from evosync.base.upsert import BATCH, retrying

from .models import Lease


class LeaseLost(Exception):
    """Another worker writes to this community now: leave, without another call."""


class Held:
    """A lease that this worker took. Its fence is larger than any that was given before."""

    def __init__(self, community: Community, row_id: int, fence: int, until: float):
        self.community, self.fence = community, fence
        self._row_id = row_id
        # By the monotonic clock.
        self._until = until
        # Told by releasing: somebody came for the lease meanwhile, and went; about these products, or about all.
        self.again = False
        self.again_products: list[int] = []
        # Told by releasing: a slice of this run was sent away.
        self.again_run: int | None = None
        # Called by releasing once that is known, in its transaction: a note is gone when what it asks for is queued.
        self.parting: Callable[[], None] = lambda: None

    def renew(self) -> None:
        """Hold on for another LEASE_SECONDS, or learn that somebody else has taken over.

        Inside a transaction this also locks the lease's row, so that what is committed with it was
        committed by the one writer.
        """
        # Read before the database's clock is: the time left is never overestimated.
        until = clock.monotonic() + settings.LEASE_SECONDS
        mine = Lease.objects.filter(pk=self._row_id, fence=self.fence)
        if not mine.update(expires_at=_expiry()):
            raise LeaseLost
        self._until = until

    def covers_a_call(self) -> bool:
        """May a call start now that ends at the latest at its deadline?"""
        margin = min(10.0, settings.LEASE_SECONDS / 10)
        return self._until - clock.monotonic() >= settings.VK_CALL_DEADLINE + margin

    @retrying
    def write(self, rows: models.QuerySet, **values) -> int:
        """Change these rows, as the holder of the lease; how many there were."""
        with transaction.atomic():
            self.renew()
            return rows.update(**values)

    @retrying
    def release(self, *, heeding: bool = True) -> None:
        """Give the lease back, and learn whether somebody came for it meanwhile.

        Not `heeding`: who gives it back cannot look again, and the note stays for the next holder or the watchdog.
        """
        with transaction.atomic():
            mine = Lease.objects.select_for_update().filter(pk=self._row_id, fence=self.fence).first()
            if mine:
                mine.expires_at, mine.holder = None, ""
                if heeding:
                    self.again, self.again_products, self.again_run = mine.again, mine.again_products, mine.again_run
                    mine.again, mine.again_products, mine.again_run = False, [], None
                mine.save(update_fields=["expires_at", "holder", "again", "again_products", "again_run"])
            if heeding:
                self.parting()


def _expiry():
    lasting = models.Value(timedelta(seconds=settings.LEASE_SECONDS), output_field=models.DurationField())
    return models.ExpressionWrapper(clock.db_now() + lasting, output_field=models.DateTimeField())


@retrying
def take(community: Community, products: Collection[int] = (), run_id: int | None = None) -> Held | None:
    """The community's lease, or None: then its holder has been told to look again before it leaves, at these
    products or at everything; or, where a slice of the run `run_id` came that plans nothing, to ask for that again.

    A note that is there already was left to somebody who was killed, and is heeded by whoever takes the lease now.
    """
    clock.keep_to_database()
    holder = uuid.uuid4().hex
    free = Q(expires_at=None) | Q(expires_at__lt=clock.db_now())
    # Before the database's clock is read, as in `renew`.
    until = clock.monotonic() + settings.LEASE_SECONDS
    with transaction.atomic():
        # The same lock for claim, note and release: a note is never left on a lease that was just given back.
        row, _created = Lease.objects.select_for_update().get_or_create(community=community)
        taken = Lease.objects.filter(free, pk=row.pk).update(fence=row.fence + 1, holder=holder, expires_at=_expiry())
        if not taken:
            if run_id:
                Lease.objects.filter(pk=row.pk).update(again_run=run_id)
            else:
                _note(row, products)
            return None
    return Held(community, row.pk, row.fence + 1, until)


@retrying
def leave_note(community: Community, products: Collection[int] = ()) -> None:
    """For one whose lease was lost before all was planned: who has it now looks again, at these or at everything."""
    with transaction.atomic():
        _note(Lease.objects.select_for_update().get(community=community), products)


def _note(row: Lease, products: Collection[int]) -> None:
    Lease.objects.filter(pk=row.pk).update(again=True, again_products=_together(row, products))


def _together(row: Lease, products: Collection[int]) -> list[int]:
    """What the holder shall look at, for this visitor and those before."""
    if not products or (row.again and not row.again_products):
        return []
    about = {*products, *(row.again_products if row.again else ())}
    # So many are better looked for in one pass over all.
    return sorted(about) if len(about) <= BATCH else []


@contextmanager
def beside(community: Community) -> Iterator[None]:
    """A transaction between those of whoever holds the lease, without taking it: a page's way to write to listings.

    It locks the lease's row, as each transaction of a round does that reads listings and writes them back
    (`Held.renew`), so neither overwrites what the other has just written. Lock the listings too: answers of VK are
    stored without the lease.
    """
    with transaction.atomic():
        Lease.objects.select_for_update().get_or_create(community=community)
        yield


@contextmanager
def lease_of(community: Community, products: Collection[int] = (), run_id: int | None = None) -> Iterator[Held | None]:
    """Hold the community's lease for the block, or nothing: see `take`."""
    held = take(community, products, run_id)
    try:
        yield held
    except BaseException:
        if held:
            held.release(heeding=False)
        raise
    if held:
        held.release()
