"""Evotor Cloud API v2: accounts, stores, groups, products, documents, bulks (`reference/evotor.md` section 7)."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox import evotor_documents, evotor_images, evotor_reads, evotor_writes
from sandbox.calls import Call, Injected, Lost, NoHook
from sandbox.evotor_shapes import ALL_SCOPES, Answer, Refused, Request, Route, new_uuid, stamp
from sandbox.worldly import World

SWITCHES: dict[str, Any] = {
    "page_size": 1000,
    "rate_limit": True,
    "rate_requests": 1000,
    "rate_window_seconds": 60,
    # Unverified: whether the list of products can be asked for what changed, and whether a sale changes that.
    "since_filter": True,
    "sale_bumps_updated_at": True,
    "sale_lag_seconds": 0,
    "payback_negative": False,
    "bulk_seconds": 0,
}
ROUTES: list[Route] = evotor_reads.ROUTES + evotor_writes.ROUTES + evotor_documents.ROUTES + evotor_images.ROUTES
V2 = "application/vnd.evotor.v2+json"


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


class EvotorWorld(World):
    """Evotor's cloud. `handle("GET /stores", {"token": ...}, now)` answers one request or raises `Lost`."""

    api = "evotor"

    def __init__(self, hook=None):
        super().__init__(hook or NoHook(), dict(SWITCHES))
        self.accounts: dict[str, Account] = {}
        self.stores: dict[str, dict[str, Any]] = {}
        self.shelves: dict[str, Shelf] = {}
        self.not_installed: set[str] = set()
        self.bulks: dict[str, dict[str, Any]] = {}
        self.pending: list[dict[str, Any]] = []
        self.pictures: Any = {}
        self.base_url = "http://evotor.sandbox/evotor"
        self._rates: dict[str, deque[datetime]] = {}

    # -- the door ------------------------------------------------------------------------------------------

    def handle(self, method: str, params: dict[str, Any], now: datetime) -> Answer:
        """Answer "VERB /path". `params` are those of the query and, beside them, `token`, `accept`,
        `content_type` and `body` (parsed JSON with Decimal for fractions, or `files` of a form)."""
        self.seen(now)
        verb, _, path = method.partition(" ")
        route, values = _find(verb, path)
        name = f"{verb} {route.path}" if route else method
        shown = {key: value for key, value in params.items() if key not in ("token", "accept", "content_type")}
        call = Call(self.api, name, shown | values, now)
        account = self.accounts.get(str(params.get("token", "")))
        call.who = account.user_id if account else ""
        self.hook.open(call)
        outcome = "ok"
        try:
            self.hook.before(call)
            with self.lock:
                self.advance(now)
                answer = self._answer(account, route, values, verb, path, params, now)
            outcome = str(answer.status)
            self.hook.committed(call)
            return self.hook.after(call, answer)
        except Refused as refused:
            outcome = str(refused.status)
            return Answer(refused.status, refused.body, refused.headers)
        except Injected as fault:
            outcome = str(fault.code)
            return Answer(fault.code, {"code": "sandbox_fault", "message": fault.message or "injected"})
        except Lost as lost:
            outcome = f"lost: {lost.kind}"
            raise
        finally:
            self.hook.close(call, outcome)

    def _answer(self, account, route, values, verb, path, params, now) -> Answer:
        if account is None or account.revoked:
            raise Refused(401)
        headers = self._rate(account, now)
        if route is None:
            known = any(one.match(path) is not None for one in ROUTES)
            raise Refused(405 if known else 404)
        if route.scope not in account.scopes:
            raise Refused(403)
        accept = str(params.get("accept") or "*/*")
        if not any(_accepts(part) for part in accept.split(",")):
            raise Refused(406)
        store_id = values.get("store", "")
        if store_id:
            store = self.stores.get(store_id)
            if store is None or store["user_id"] != account.user_id:
                raise Refused(404)
            if store_id in self.not_installed:
                raise Refused(402)
        answer = route.run(self, Request(account, values, params, now))
        if verb != "GET":
            self.changed(route.path)
        if answer.status == 200:
            answer.headers |= headers
        return answer

    def _rate(self, account: Account, now: datetime) -> dict[str, str]:
        """Count a request; the headers of a 200, or 429."""
        if not self.switches["rate_limit"]:
            return {}
        limit, window = self.switches["rate_requests"], timedelta(seconds=self.switches["rate_window_seconds"])
        recent = self._rates.setdefault(account.user_id, deque())
        while recent and recent[0] <= now - window:
            recent.popleft()
        reset = int((recent[0] + window - now).total_seconds()) + 1 if recent else int(window.total_seconds())
        headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Reset": str(reset)}
        if len(recent) >= limit:
            raise Refused(429, headers=headers | {"X-RateLimit-Remaining": "0", "Retry-After": str(reset)})
        recent.append(now)
        return headers | {"X-RateLimit-Remaining": str(limit - len(recent))}

    def advance(self, now: datetime) -> None:
        """What was due by now happens: bulks run, sales reach the stock."""
        evotor_writes.run_bulks(self, now)
        evotor_documents.settle(self, now)

    # -- tables ------------------------------------------------------------------------------------------------

    def rows(self):
        yield "evotor.switches", dict(self.switches)
        yield "evotor.not_installed", {"stores": sorted(self.not_installed)}
        for token, account in list(self.accounts.items()):
            yield "evotor.account", {"token": token} | asdict(account)
        for store in list(self.stores.values()):
            yield "evotor.store", store
        for bulk in list(self.bulks.values()):
            yield "evotor.bulk", bulk
        for change in list(self.pending):
            yield "evotor.pending", change
        for store_id, shelf in list(self.shelves.items()):
            for name in Shelf.TABLES:
                for row in list(getattr(shelf, name).rows.values()):
                    yield f"evotor.{name}", {"_store": store_id, "_row": row}
            for document in list(shelf.documents):
                yield "evotor.document", {"_store": store_id, "_row": document}
            for image in list(shelf.images.values()):
                yield "evotor.image", {"_store": store_id, "_row": image}

    def take(self, kind: str, row: dict[str, Any]) -> None:
        """Put back one saved row."""
        name = kind.removeprefix("evotor.")
        if name == "switches":
            self.switches |= {key: value for key, value in row.items() if key in self.switches}
        elif name == "not_installed":
            self.not_installed = set(row["stores"])
        elif name == "account":
            token = row.pop("token")
            self.accounts[token] = Account(**row)
        elif name == "store":
            self.add_store(row)
        elif name == "bulk":
            self.bulks[row["id"]] = row
        elif name == "pending":
            self.pending.append(row)
        elif name == "document":
            self.shelves[row["_store"]].documents.append(row["_row"])
        elif name == "image":
            self.shelves[row["_store"]].images[row["_row"]["product_id"]] = row["_row"]
        else:
            getattr(self.shelves[row["_store"]], name).put(row["_row"]["id"], row["_row"])

    # -- doors for tests, pages and seeds -----------------------------------------------------------------------

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
        a real till holds odd things too.
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
            row = row | {"updated_at": now} | fields | {"id": key}
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


def _find(verb: str, path: str) -> tuple[Route | None, dict[str, str]]:
    for route in ROUTES:
        if route.verb == verb and (values := route.match(path)) is not None:
            return route, values
    return None, {}


def _accepts(part: str) -> bool:
    media = part.partition(";")[0].strip().lower()
    return media in (V2, "*/*", "application/*", "application/vnd.evotor.v2+bulk+json")
