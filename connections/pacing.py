"""One pace for all who call as the same outside user: workers, health checks and pages, on every machine.

Time by the database's clock is cut into slots of 1/2.8 s; slot n begins at n/2.8 s. Whoever wrote a slot into the
row first owns it, and starts its request when the slot begins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Expression

from evosync.base import clock
from evosync.base.upsert import retry_deadlocks

from .models import Pace

# VK allows 3 a second (dev.vk.com/api/api-requests); the rest is for the way there, which is never the same length.
VK_PER_SECOND = 2.8
# A page waits as long as its last request for a slot is fresher than this.
WAITING_FOR = timedelta(seconds=2)
# Background work leaves every third slot to pages, if one waits.
KEPT_OF = 3
# Who wakes up later than this part of a slot would crowd the next one, and takes another.
LATE = 0.5
TRIES_WHEN_LATE = 3
# Seconds. No queue for slots is that long: one farther ahead was dated by a clock that has been put right since.
FARTHEST = 300


@dataclass(frozen=True, slots=True)
class _Moment:
    """The row as it was read, and the database's time of that reading, in seconds since 1970."""

    pk: int
    slot: int
    kept_slot: int
    held_slot: int
    wanted_by_page: bool
    now: float
    read_at: float


class SharedPace:
    """The pace of one outside account, named by `key` (`vk:12345`).

    `interactive` is for somebody who waits at a page: every third slot is kept for such. Not to be used inside a
    transaction, which would keep the row from all others while it sleeps.
    """

    def __init__(self, key: str, *, per_second: float = VK_PER_SECOND, interactive: bool = False):
        self.key = key
        self.per_second = per_second
        self.interactive = interactive

    def wait(self) -> None:
        """Take the next free slot and sleep until it begins."""
        late = 0
        while True:
            slot, moment = self.reserve()
            clock.sleep(self._until(slot, moment))
            moment = self._read()
            if slot < self._believed(moment.held_slot, moment):
                continue
            in_time = self._until(slot, moment) * self.per_second >= -LATE
            # A machine that is always late still gets its turn.
            if in_time or late == TRIES_WHEN_LATE:
                return
            late += 1

    def hold_back(self, seconds: float) -> None:
        """Nobody starts for so long, not even who holds a slot already: the service said "too many"."""
        while True:
            moment = self._read()
            until = math.ceil((self._now(moment) + seconds) * self.per_second)
            held = max(self._believed(moment.held_slot, moment), until)
            # The first slot that counts again stays free.
            change = {"held_slot": held, "slot": max(self._believed(moment.slot, moment), held - 1), "kept_slot": 0}
            if self._swap(moment, {"slot": moment.slot, "held_slot": moment.held_slot}, change):
                return

    def reserve(self) -> tuple[int, _Moment]:
        """Own a slot that nobody else owns: the earliest that is free, with the reading of the row it was taken by."""
        page: dict[str, int | Expression] = {"interactive_at": clock.db_now()} if self.interactive else {}
        while True:
            moment = self._read()
            # The slot that is running now may have been used at any moment of it.
            running = math.ceil(self._now(moment) * self.per_second)
            first = max(running, self._believed(moment.held_slot, moment))
            kept_slot = self._believed(moment.kept_slot, moment)
            if self.interactive and kept_slot >= first:
                if self._swap(moment, {"kept_slot": moment.kept_slot}, {"kept_slot": 0} | page):
                    return moment.kept_slot, moment
                continue
            slot = max(self._believed(moment.slot, moment) + 1, first)
            change = page
            leaves = not self.interactive and moment.wanted_by_page and kept_slot < first
            if leaves and slot % KEPT_OF == 0:
                change = {"kept_slot": slot}
                slot += 1
            if self._swap(moment, {"slot": moment.slot}, change | {"slot": slot}):
                return slot, moment

    def _read(self) -> _Moment:
        rows = Pace.objects.filter(key=self.key).annotate(db_now=clock.db_now())
        row = rows.first()
        if row is None:
            Pace.objects.get_or_create(key=self.key)
            row = rows.get()
        read_at, now = clock.monotonic(), _utc(row.db_now)
        waits = row.interactive_at is not None and abs(now - row.interactive_at) < WAITING_FOR
        return _Moment(row.pk, row.slot, row.kept_slot, row.held_slot, waits, now.timestamp(), read_at)

    def _believed(self, slot: int, moment: _Moment) -> int:
        """A slot of the row, or one long past where it is farther ahead than any can be."""
        return slot if slot <= (self._now(moment) + FARTHEST) * self.per_second else 0

    def _until(self, slot: int, moment: _Moment) -> float:
        return slot / self.per_second - self._now(moment)

    def _now(self, moment: _Moment) -> float:
        return moment.now + clock.monotonic() - moment.read_at

    def _swap(self, moment: _Moment, seen: dict, change: dict) -> bool:
        """Write `change` if the row still says what was `seen`."""
        row = Pace.objects.filter(pk=moment.pk, **seen)
        return bool(retry_deadlocks(lambda: row.update(**change)))


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
