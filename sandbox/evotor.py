"""Evotor Cloud API v2: accounts, stores, groups, products, documents, bulks.

Source: developer.evotor.ru/docs/rest_overview.html."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sandbox import evotor_documents, evotor_images, evotor_reads, evotor_writes
from sandbox.calls import Call, Injected, Lost, NoHook
from sandbox.evotor_doors import EvotorDoors
from sandbox.evotor_shapes import Answer, Refused, Request, Route
from sandbox.evotor_state import Account, Shelf

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


class EvotorWorld(EvotorDoors):
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


def _find(verb: str, path: str) -> tuple[Route | None, dict[str, str]]:
    for route in ROUTES:
        if route.verb == verb and (values := route.match(path)) is not None:
            return route, values
    return None, {}


def _accepts(part: str) -> bool:
    media = part.partition(";")[0].strip().lower()
    return media in (V2, "*/*", "application/*", "application/vnd.evotor.v2+bulk+json")
