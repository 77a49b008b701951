"""What a benchmark is given: a place of its own, and how large it shall be."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

from .children import Place


@dataclass(frozen=True, slots=True)
class Stage:
    place: Place
    # The database in words.
    database: str
    # Only to see that it works: nothing is proven by so little.
    small: bool = False

    @property
    def rounds(self) -> int:
        """How often what is short is measured; the quickest counts, since noise only adds."""
        return 1 if self.small else 3


@contextmanager
def set_up(name: str, server: str, small: bool) -> Iterator[Stage]:
    """A stage that is gone afterwards. `server`: address of a MariaDB server, '' for SQLite."""
    database = urlunsplit(urlsplit(server)._replace(path=f"/test_bench_{name}")) if server else ""
    with TemporaryDirectory(prefix="evosync-bench-") as folder:
        place = Place(Path(folder), database)
        try:
            yield Stage(place, place.ask("shops.make_tables"), small)
        finally:
            place.ask("shops.drop_tables")
