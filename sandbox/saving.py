"""The state on disk: one file of JSON lines, replaced whole, and small pictures beside it."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterable, MutableMapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.worldly import World

log = logging.getLogger(__name__)
STATE = "state.jsonl"
# Rows a write holds the interpreter for; between two the other threads have their turn.
ROWS_AT_ONCE = 500


class StateError(Exception):
    """The saved state cannot be read."""


class Pictures(MutableMapping[str, bytes]):
    """Small pictures by name, as files of a folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def _path(self, name: str) -> Path:
        if "/" in name or name.startswith("."):
            raise KeyError(name)
        return self.folder / name

    def __getitem__(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except OSError:
            raise KeyError(name) from None

    def __setitem__(self, name: str, data: bytes) -> None:
        self._path(name).write_bytes(data)

    def __delitem__(self, name: str) -> None:
        try:
            self._path(name).unlink()
        except OSError:
            raise KeyError(name) from None

    def clear(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()

    def __iter__(self):
        return (path.name for path in self.folder.iterdir())

    def __len__(self) -> int:
        return sum(1 for _ in self.folder.iterdir())


def load(directory: Path, worlds: Iterable[World]) -> bool:
    """Fill empty worlds from the saved state; false if there is none."""
    path = directory / STATE
    if not path.exists():
        return False
    by_api = {world.api: world for world in worlds}
    with path.open(encoding="utf-8") as lines:
        for at, line in enumerate(lines, 1):
            try:
                kind, row = json.loads(line)
                by_api[kind.partition(".")[0]].take(kind, row)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise StateError(f"{path}, line {at}: {error!r}; --reset starts afresh") from error
    return True


def write(directory: Path, worlds: Iterable[World]) -> None:
    """Replace the state file; it is whole at any moment."""
    directory.mkdir(parents=True, exist_ok=True)
    fresh = directory / f"{STATE}.new"
    with fresh.open("w", encoding="utf-8") as out:
        for world in worlds:
            with world.lock:
                # Rows are never changed in place, so this list is the state of one moment.
                rows = list(world.rows())
            for start in range(0, len(rows), ROWS_AT_ONCE):
                lines = (_line(one) for one in rows[start : start + ROWS_AT_ONCE])
                out.write("".join(lines))
        out.flush()
        os.fsync(out.fileno())
    os.replace(fresh, directory / STATE)


def _line(row: tuple[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(type(value))


class Saver:
    """Writes the state about once a second while it changes, less often when a write takes long."""

    def __init__(self, directory: Path, worlds: Sequence[World]):
        self.directory = directory
        self.worlds = worlds
        self._saved: list[int] = []
        self._stop = threading.Event()
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="sandbox-saver", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self.save()

    def save(self) -> None:
        """Write now, if anything changed since the last time."""
        with self._writing:
            versions = [world.version for world in self.worlds]
            if versions != self._saved:
                write(self.directory, self.worlds)
                self._saved = versions

    def _run(self) -> None:
        pause = 1.0
        while not self._stop.wait(pause):
            began = time.monotonic()
            try:
                self.save()
            except OSError:
                log.exception("the sandbox could not save its state")
            pause = max(1.0, 10 * (time.monotonic() - began))
