"""What the worlds share: one lock, switches, a version that says when to save, and time handed in from outside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any


class World:
    """No world reads a clock: `handle` is told the time, doors for tests take it from `clock`, if one is set,
    else from the last request."""

    api = ""

    def __init__(self, hook: Any, switches: dict[str, Any]):
        self.hook = hook
        self.switches = switches
        self.lock = threading.RLock()
        self.version = 0
        self.clock: Callable[[], datetime] | None = None
        self._seen = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def seen(self, now: datetime) -> None:
        if now > self._seen:
            self._seen = now

    def now(self) -> datetime:
        return self.clock() if self.clock else self._seen

    def rows(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """The whole state, each row with its kind."""
        raise NotImplementedError

    def take(self, kind: str, row: dict[str, Any]) -> None:
        """One row of a saved state."""
        raise NotImplementedError

    def changed(self, _what: str) -> None:
        """Call under the lock after anything that is worth saving."""
        self.version += 1

    def switch(self, name: str, value: Any) -> None:
        """Set one switch; its kind (number, flag, text) must stay what it was."""
        if name not in self.switches:
            raise ValueError(f"no switch {name} in {self.api}")
        old = self.switches[name]
        numbers = (int, float)
        same = isinstance(value, bool) == isinstance(old, bool)
        if not same or not (isinstance(value, type(old)) or (isinstance(value, numbers) and isinstance(old, numbers))):
            raise ValueError(f"switch {name} takes {type(old).__name__}")
        with self.lock:
            self.switches[name] = value
            self.switched(name)
            self.changed(name)

    def switched(self, name: str) -> None:
        """What follows from a switch; nothing for most."""
