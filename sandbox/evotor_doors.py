"""Doors into Evotor's world past its API: what happens at the till, for tests, pages and seeds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox import evotor_documents, evotor_images
from sandbox.evotor_shapes import ALL_SCOPES, new_uuid, number, stamp
from sandbox.evotor_state import Account, Shelf, Table
from sandbox.worldly import World

AMOUNTS = ("price", "cost_price", "quantity")


class EvotorDoors(World):
    """Part of `EvotorWorld`. Where a store is asked for, a token does too: its first store."""

    accounts: dict[str, Account]
    stores: dict[str, dict[str, Any]]
    shelves: dict[str, Shelf]
    not_installed: set[str]

    def advance(self, now: datetime) -> None:
        """What was due by now happens."""
        raise NotImplementedError

    def add_account(self, token: str, user_id: str, scopes: list[str] | None = None) -> None:
        with self.lock:
            self.accounts[token] = Account(user_id, list(scopes if scopes is not None else ALL_SCOPES))
            self.changed("account")

    def add_store(self, row: dict[str, Any]) -> str:
        """A store; `id`, `name` and `user_id` are needed."""
        with self.lock:
            self.stores[row["id"]] = row
            self.shelves.setdefault(row["id"], Shelf())
            self.changed("store")
        return row["id"]

    def remove_store(self, store_id: str) -> None:
        with self.lock:
            del self.stores[store_id], self.shelves[store_id]
            self.changed("store")

    def set_installed(self, store_id: str, installed: bool) -> None:
        """Whether the app is on the terminals of a store; if not, its paths answer 402."""
        with self.lock:
            (self.not_installed.discard if installed else self.not_installed.add)(store_id)
            self.changed("store")

    def store_of(self, store: str) -> str:
        """A store id, or the first store of the account whose token this is."""
        if store in self.stores:
            return store
        user_id = self.accounts[store].user_id
        return next(one["id"] for one in self.stores.values() if one["user_id"] == user_id)

    def stores_of(self, token: str) -> list[dict[str, Any]]:
        user_id = self.accounts[token].user_id
        return [one for one in self.stores.values() if one["user_id"] == user_id]

    def products(self, store: str) -> list[dict[str, Any]]:
        with self.lock:
            return list(self.shelves[self.store_of(store)].products.rows.values())

    def groups(self, store: str) -> list[dict[str, Any]]:
        with self.lock:
            return list(self.shelves[self.store_of(store)].groups.rows.values())

    def product(self, store: str, product_id: str) -> dict[str, Any]:
        return self.shelves[self.store_of(store)].products.rows[product_id]

    def put_product(self, store: str, fields: dict[str, Any]) -> str:
        """Create a product at the till, or change the given fields of one; a field of None is taken away.

        `store` is a store id or a token (its first store). Gives the product's id. Nothing is checked:
        a real till holds odd things too. Amounts may be numbers, Decimal or text.
        """
        return self._put(store, "products", {"type": "NORMAL"}, fields)

    def put_group(self, store: str, fields: dict[str, Any]) -> str:
        """Create a group, or change the given fields of one."""
        return self._put(store, "groups", {}, fields)

    def _put(self, store: str, table: str, blank: dict[str, Any], fields: dict[str, Any]) -> str:
        now = stamp(self.now())
        with self.lock:
            store_id = self.store_of(store)
            rows: Table = getattr(self.shelves[store_id], table)
            key = fields.get("id") or new_uuid()
            row = rows.rows.get(key) or blank | {
                "id": key,
                "store_id": store_id,
                "user_id": self.stores[store_id]["user_id"],
                "created_at": now,
            }
            # Text and Decimal are handy to write; the API gives numbers.
            amounts = {name: number(value) for name, value in fields.items() if name in AMOUNTS and value is not None}
            row = row | {"updated_at": now} | fields | amounts | {"id": key}
            rows.put(key, {name: value for name, value in row.items() if value is not None})
            self.changed(table)
        return key

    def put_image(self, store: str, product_id: str, png: bytes) -> str:
        """Give a product its picture, PNG of 300x300; gives the image's id."""
        with self.lock:
            store_id = self.store_of(store)
            row = evotor_images.put(self, store_id, self.product(store_id, product_id)["id"], png, self.now())
            self.changed("image")
        return row["id"]

    def remove_product(self, store: str, product_id: str) -> None:
        with self.lock:
            self.shelves[self.store_of(store)].products.drop(product_id)
            self.changed("products")

    def remove_group(self, store: str, group_id: str) -> None:
        with self.lock:
            self.shelves[self.store_of(store)].groups.drop(group_id)
            self.changed("groups")

    def recreate(self, store: str, product_id: str) -> str:
        """The same product under a new id, as when a catalog is loaded anew; gives the new id."""
        now = stamp(self.now())
        with self.lock:
            products = self.shelves[self.store_of(store)].products
            row = products.drop(product_id)
            if row is None:
                raise KeyError(product_id)
            new = new_uuid()
            products.put(new, row | {"id": new, "created_at": now, "updated_at": now})
            self.changed("products")
        return new

    def recreate_all(self, store: str) -> dict[str, str]:
        """Every product of a store under a new id; gives the way from old to new."""
        with self.lock:
            return {old: self.recreate(store, old) for old in list(self.shelves[self.store_of(store)].products.order)}

    def sell(self, store: str, product_id: str, quantity: float = 1) -> str:
        """A receipt of one line; gives the document's id."""
        return self.document(store, "SELL", [(product_id, quantity)])

    def document(self, store: str, kind: str, lines: list[tuple[str, float]]) -> str:
        """A document of the till (SELL, PAYBACK, ACCEPT, WRITE_OFF, RETURN, INVENTORY) with lines of
        product and quantity; its effect on the stock follows at once or after `sale_lag_seconds`."""
        with self.lock:
            document_id = evotor_documents.record(self, self.store_of(store), kind, lines, self.now())
            self.advance(self.now())
            self.changed("document")
        return document_id
