"""What Evotor's cloud keeps: accounts, and per store tables that page fast."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from sandbox.evotor_shapes import ALL_SCOPES


@dataclass(slots=True)
class Account:
    """What a cloud token stands for: the app as installed by one user."""

    user_id: str
    scopes: list[str] = field(default_factory=lambda: list(ALL_SCOPES))
    revoked: bool = False


class Table:
    """Rows by id with a sorted list of the ids, so that a page is a slice however long the list is."""

    def __init__(self):
        self.rows: dict[str, dict[str, Any]] = {}
        self._order: list[str] | None = []

    def put(self, key: str, row: dict[str, Any]) -> None:
        if key not in self.rows:
            self._order = None
        self.rows[key] = row

    def drop(self, key: str) -> dict[str, Any] | None:
        row = self.rows.pop(key, None)
        if row is not None:
            self._order = None
        return row

    def clear(self) -> None:
        self.rows.clear()
        self._order = []

    @property
    def order(self) -> list[str]:
        if self._order is None:
            self._order = sorted(self.rows)
        return self._order

    def after(self, key: str) -> list[str]:
        """Ids that come after one."""
        order = self.order
        return order[bisect_right(order, key) :] if key else order


class Shelf:
    """What one store holds."""

    TABLES = ("products", "groups", "devices", "employees")

    def __init__(self):
        self.products = Table()
        self.groups = Table()
        self.devices = Table()
        self.employees = Table()
        self.documents: list[dict[str, Any]] = []
        self.images: dict[str, dict[str, Any]] = {}
