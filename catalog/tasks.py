"""Jobs about the till: one worker at a time reads a merchant's catalog, and leaves when it is asked to."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from accounts.models import User
from evosync.base import clock
from evosync.base.jobs import leaving

from . import refreshing
from .models import SyncConfig

# A catalog of 100 000 products is read within it.
READ_SECONDS = 900


def is_reading(config: SyncConfig) -> bool:
    """Is the till being read, or is it to be at once?"""
    return bool(config.queued_at or (config.reading_until and config.reading_until > clock.now()))


def read_soon(*, user: User, **_signal) -> None:
    """The next cycle is due at once: behind a new token there may be other stores, a community has its own goods."""
    SyncConfig.objects.filter(user=user).update(next_sync_at=None)


class Leaving(Exception):
    """The worker is asked to stop: what was read is kept, and the rest is read another time."""


class Reading:
    """The claim on one merchant's till, good for LEASE_SECONDS. Told of every page (as rich's Progress would be), it
    lives on. One that lapses while its worker waits for a page costs a second reading, and no harm."""

    def __init__(self, user_id: int):
        self.user_id = user_id
        self.until: datetime | None = None
        self.lasting = timedelta(seconds=settings.LEASE_SECONDS)

    def take(self) -> bool:
        """Have the claim, or learn that another worker has it or had it. The cycle that was asked for has begun then.

        A cycle asked for once may stand in the queue twice. The claim that a dead worker left is a cycle not ended.
        """
        now = clock.now()
        asked = Q(reading_until=None, queued_at__isnull=False)
        free = asked | Q(reading_until__lt=now)
        mine = SyncConfig.objects.filter(free, user_id=self.user_id)
        if not mine.update(reading_until=now + self.lasting, queued_at=None):
            return False
        self.until = now + self.lasting
        return True

    def release(self) -> None:
        self._mine().update(reading_until=None)

    def add_task(self, *_args, **_options) -> None:
        self.update()

    def update(self, *_args, **_options) -> None:
        """A page was read."""
        if leaving():
            raise Leaving
        until = clock.now() + self.lasting
        if self.until and until - self.until > self.lasting / 6 and self._mine().update(reading_until=until):
            self.until = until

    def _mine(self):
        return SyncConfig.objects.filter(user_id=self.user_id, reading_until=self.until)


@contextmanager
def reading(user_id: int) -> Iterator[Reading | None]:
    """The claim on a merchant's till while the block runs; None where another worker has it, or nobody asked."""
    claim = Reading(user_id)
    if not claim.take():
        yield None
        return
    try:
        yield claim
    finally:
        claim.release()


def read_till(user: User, claim: Reading) -> str:
    """Bring the mirror of the till up to date; what came of it, for the list of finished jobs."""
    connection = getattr(user, "evotor", None)
    if connection is None or not connection.access_token:
        return "no till"
    done = refreshing.refresh(connection, progress=claim)
    if done.connection_fault:
        return f"till: {done.connection_fault}"
    return f"till: {done.stores} stores read, {done.skipped} not, {done.written} products changed"
