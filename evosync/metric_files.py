"""Metrics of several processes, in files of one folder: each process writes its own, `/metrics` reads them all.

prometheus-client names a process's files by its pid. A pid is another process in another container, and workers are
replaced all day: such files would be mixed up, and pile up. Here a process holds a numbered place for as long as it
lives, by a lock that ends with it, and goes on with the files of whoever held the place before: there are never more
than there were processes at once, counters only grow, and nothing has to be cleaned away after a kill.
"""

import fcntl
import os
from itertools import count
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from prometheus_client import values


class Place:
    """This process's number in the folder, the lowest that nobody holds."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.pid = 0
        self.number = -1
        self.lock = -1

    def __call__(self) -> int:
        if self.pid != os.getpid():
            if self.lock >= 0:
                # The parent's. Its lock is not inherited: only the open file is.
                os.close(self.lock)
            self.number, self.lock = self._take()
            self.pid = os.getpid()
        return self.number

    def _take(self) -> tuple[int, int]:
        for number in count():
            lock = os.open(self.folder / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(lock)
            else:
                return number, lock
        raise AssertionError("numbers do not end")


def share(folder: str) -> None:
    """Let this process and its children count into files of a folder. Called before the first metric is made."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        # prometheus-client reads the folder's name from here.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        values.ValueClass = values.MultiProcessValue(Place(Path(folder)))
    except OSError as error:
        raise ImproperlyConfigured(f"PROMETHEUS_MULTIPROC_DIR cannot be written: {folder}: {error.strerror}.") from None


def keep_to_itself() -> None:
    """Count in memory alone, where nobody asks for metrics."""
    values.ValueClass = values.MutexValue
