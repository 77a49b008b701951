"""What VK keeps: tokens and communities with their goods. Rows are dicts that are replaced, never changed.

Replacing keeps two things cheap: a saved state is a copy of the tables taken under the lock, and a read as of
some seconds ago is an undo of the last replacements.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]
EDITOR = 2


@dataclass(slots=True)
class Token:
    """What an access token allows; `expires_at` None is a token without an end."""

    kind: str = "user"
    user_id: int = 0
    group_id: int = 0
    scopes: list[str] = field(default_factory=list)
    expires_at: str | None = None
    revoked: bool = False

    def expired(self, now: datetime) -> bool:
        return self.expires_at is not None and datetime.fromisoformat(self.expires_at) <= now


class Community:
    """A community and its market: `items`, `albums`, `photos` by id."""

    TABLES = ("items", "albums", "photos")

    def __init__(self, **info: Any):
        self.info: Row = {
            "screen_name": f"club{info.get('id')}",
            "market_enabled": True,
            "market_type": "basic",
            "admins": {},
            "properties": {},
        } | info
        self.info["admins"] = {int(user): level for user, level in info.get("admins", {}).items()}
        self.items: dict[int, Row] = {}
        self.albums: dict[int, Row] = {}
        self.photos: dict[int, Row] = {}
        self.album_sizes: Counter[int] = Counter()
        self.living = 0
        self.version = 0
        self.remember = timedelta(0)
        self._undo: deque[tuple[datetime, str, int, Row | None]] = deque()
        self._lists: dict[Any, Any] = {}

    @property
    def id(self) -> int:
        return self.info["id"]

    def level(self, user_id: int) -> int:
        """2 for an editor, 3 for an administrator, 0 for a stranger."""
        return self.info["admins"].get(user_id, 0)

    def put(self, table: str, key: int, row: Row, now: datetime | None = None) -> Row:
        """Write one row; `now` lets delayed reads see the row that was there before."""
        rows = getattr(self, table)
        old = rows.get(key)
        rows[key] = row
        if table == "items":
            self._count(old, -1)
            self._count(row, 1)
        if table != "photos":
            self.version += 1
            if now is not None and self.remember:
                self._undo.append((now, table, key, old))
                while self._undo and self._undo[0][0] < now - self.remember:
                    self._undo.popleft()
        return row

    def drop(self, table: str, key: int, now: datetime) -> None:
        old = getattr(self, table).pop(key)
        self.version += 1
        if self.remember:
            self._undo.append((now, table, key, old))

    def forget(self) -> None:
        """Start remembering anew: earlier states are gone."""
        self._undo.clear()

    def as_of(self, moment: datetime) -> tuple[dict[int, Row], dict[int, Row]]:
        """Items and albums as they stood at a moment within what is remembered."""
        tables = {"items": dict(self.items), "albums": dict(self.albums)}
        for at, table, key, old in reversed(self._undo):
            if at <= moment:
                break
            if old is None:
                tables[table].pop(key, None)
            else:
                tables[table][key] = old
        return tables["items"], tables["albums"]

    def cached(self, key: Any, make) -> list[Row]:
        """A list that holds until the next write."""
        if self._lists.get("version") != self.version:
            self._lists = {"version": self.version}
        if key not in self._lists:
            self._lists[key] = make()
        return self._lists[key]

    def _count(self, row: Row | None, step: int) -> None:
        if row is None or row["removed_at"] is not None:
            return
        self.living += step
        for album_id in row["album_ids"]:
            self.album_sizes[album_id] += step

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Everything to save; the tables are copied first, so that writing may go on."""
        for table in self.TABLES:
            for row in list(getattr(self, table).values()):
                yield table, row
