"""Virtual time, and workers that take turns: threads of which one runs at a time, chosen by a seeded clock.

A worker gives way at each outside call, each commit and each sleep. Whatever shall happen stands in one queue by
its moment, so the same seed gives the same story.
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection, connections
from django.db.models import DateTimeField, Value

from evosync.base import clock

EPOCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# No honest story has so many steps: somebody goes round in a circle.
MOST_STEPS = 60_000


class Killed(BaseException):
    """The worker's process is gone. No `except Exception` of the project may catch it."""


class Endless(Exception):
    """The work comes to no end."""


class Scheduler:
    """The queue of what happens, and the clock."""

    def __init__(self, rng: random.Random):
        self.rng = rng
        self.now = 0.0
        self.current: Worker | None = None
        self.steps = 0
        # When VK may be called next.
        self.next_call = 0.0
        # Held by whoever runs; a bare lock is the quickest way to hand over.
        self.baton = threading.Lock()
        self.baton.acquire()
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def utc(self) -> datetime:
        return EPOCH + timedelta(microseconds=round(self.now * 1e6))

    def at(self, moment: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (max(moment, self.now), next(self._order), action))

    def next_moment(self) -> float:
        return self._queue[0][0] if self._queue else float("inf")

    def run(self) -> None:
        """Let everything happen until nothing is left to happen."""
        while self._queue:
            moment, _order, action = heapq.heappop(self._queue)
            self.now = max(self.now, moment)
            action()

    def sleep(self, seconds: float) -> None:
        if self.current is not None:
            self.current.sleep(seconds)
        elif seconds > 0:
            self.now += seconds

    def give_way(self) -> None:
        """Let others have a turn, perhaps."""
        if self.current is not None:
            self.current.wait(self.rng.uniform(0, 0.02))

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Endless("the work comes to no end")

    def own_clock(self) -> dict[str, Callable]:
        """What `evosync.base.clock` is made of, in virtual time."""
        return {
            "now": self.utc,
            "monotonic": lambda: self.now,
            "sleep": self.sleep,
            "db_now": lambda: Value(self.utc(), output_field=DateTimeField()),
        }


class Worker:
    """One process: `work` in a thread of its own, with a database connection of its own."""

    def __init__(self, scheduler: Scheduler, name: str, work: Callable[[], None]):
        self.scheduler, self.name = scheduler, name
        self.dead = False
        self.ended = False
        self.error: Exception | None = None
        # What is raised when, if work takes so long.
        self._alarm: tuple[float, BaseException] | None = None
        self._go = threading.Lock()
        self._go.acquire()
        self._thread = threading.Thread(target=self._live, args=(work,), name=name, daemon=True)
        self._thread.start()
        scheduler.at(scheduler.now, self._resume)

    def _live(self, work: Callable[[], None]) -> None:
        self._go.acquire()
        try:
            work()
        except Killed:
            pass
        except Exception as error:
            self.error = error
        finally:
            self.ended = True
            if not self.dead:
                connections.close_all()
            self.scheduler.baton.release()

    def _resume(self) -> None:
        """Called by the queue: hand over the baton, and take it back when the worker waits or ends."""
        if self.ended:
            return
        self.scheduler.current = self
        self._go.release()
        self.scheduler.baton.acquire()
        self.scheduler.current = None
        if self.ended:
            self._thread.join()

    def wait(self, seconds: float) -> None:
        """Sleep in virtual time; others go on meanwhile."""
        self.alive()
        scheduler = self.scheduler
        scheduler.step()
        until = scheduler.now + max(seconds, 0.0)
        if until < scheduler.next_moment():
            scheduler.now = until
            return
        scheduler.at(until, self._resume)
        scheduler.baton.release()
        self._go.acquire()
        self.alive()

    def sleep(self, seconds: float) -> None:
        """Wait for something outside; here the alarm is heard."""
        if self._alarm is None:
            self.wait(seconds)
            return
        left = self._alarm[0] - self.scheduler.now
        self.wait(min(seconds, left))
        if seconds >= left:
            error, self._alarm = self._alarm[1], None
            raise error

    @contextmanager
    def alarm(self, seconds: float, error: BaseException) -> Iterator[None]:
        """Raise the error, once, in whatever goes on after so many seconds."""
        self._alarm = (self.scheduler.now + seconds, error)
        try:
            yield
        finally:
            self._alarm = None

    def alive(self) -> None:
        if self.dead:
            raise Killed

    def kill(self) -> None:
        """SIGKILL, from inside: the connection breaks off, and nothing that the thread still does has any effect."""
        connection.drop()
        self.dead = True
        raise Killed


def patch_clock(scheduler: Scheduler, setattr_: Callable) -> None:
    for name, function in scheduler.own_clock().items():
        setattr_(clock, name, function)
