"""Reading stores, devices, employees, groups and products, page by page."""

from __future__ import annotations

from itertools import islice
from typing import Any

from sandbox.evotor_shapes import Answer, Refused, Request, Route, cursor_of, invalid, millis, read_cursor


def page_size(world, request: Request) -> int:
    size = world.switches["page_size"]
    if text := str(request.params.get("limit", "")):
        if not text.isdecimal() or int(text) < 1:
            raise invalid("limit is invalid", ("limit", "invalid"))
        size = min(size, int(text))
    return size


def moment(request: Request, name: str) -> int | None:
    """`since` and `until` are epoch milliseconds."""
    text = str(request.params.get(name, ""))
    if not text:
        return None
    if not text.lstrip("-").isdecimal():
        raise invalid(f"{name} is invalid", (name, "epoch milliseconds expected"))
    return int(text)


def series(request: Request, kind: str, first: list[Any]) -> tuple[list[Any], Any]:
    """What a run of pages asks for, and where it stands: from the first call, or from the cursor alone."""
    start = [kind, request.path.get("store", ""), request.account.user_id]
    cursor = str(request.params.get("cursor", ""))
    if not cursor:
        return start + first, None
    *asked, at = read_cursor(cursor)
    if asked[: len(start)] != start:
        raise invalid("cursor is invalid", ("cursor", "invalid"))
    return asked, at


def listing(world, request: Request, kind: str, table, shown) -> Answer:
    """A page of a table; the empty `paging` says that it is the last."""
    asked, at = series(request, kind, [moment(request, "since")])
    since = asked[3] if world.switches["since_filter"] else None
    size = page_size(world, request)
    wanted = table.after(at or "")
    if since is not None:
        wanted = [key for key in wanted if _changed(table.rows[key]) >= since]
    keys = list(islice(wanted, size))
    paging = {"next_cursor": cursor_of([*asked, keys[-1]])} if len(wanted) > size else {}
    return Answer(200, {"items": [shown(table.rows[key]) for key in keys], "paging": paging})


def _changed(row: dict[str, Any]) -> float:
    return millis(row["updated_at"]) if "updated_at" in row else float("inf")


def stores(world, request: Request) -> Answer:
    mine = [one for one in world.stores.values() if one["user_id"] == request.account.user_id]
    return Answer(200, {"items": [dict(one) for one in mine], "paging": {}})


def store(world, request: Request) -> Answer:
    return Answer(200, dict(world.stores[request.store]))


def product_shown(request: Request):
    """Products as this token sees them: no stock without its permission."""
    if "product.quantity:read" in request.account.scopes:
        return lambda row: row
    return lambda row: {name: value for name, value in row.items() if name != "quantity"}


def products(world, request: Request) -> Answer:
    table = world.shelves[request.store].products
    return listing(world, request, "products", table, product_shown(request))


def product(world, request: Request) -> Answer:
    return Answer(200, dict(product_shown(request)(one(world.shelves[request.store].products, request, "product"))))


def groups(world, request: Request) -> Answer:
    return listing(world, request, "groups", world.shelves[request.store].groups, lambda row: row)


def group(world, request: Request) -> Answer:
    return Answer(200, dict(one(world.shelves[request.store].groups, request, "group")))


def one(table, request: Request, name: str) -> dict[str, Any]:
    """The row that a path names, or 404."""
    row = table.rows.get(request.path[name])
    if row is None:
        raise Refused(404)
    return row


def _of_all_stores(world, request: Request, name: str) -> list[dict[str, Any]]:
    only = str(request.params.get("store_id", ""))
    found: dict[str, dict[str, Any]] = {}
    for store_id, row in world.stores.items():
        if row["user_id"] == request.account.user_id and only in ("", store_id):
            found |= getattr(world.shelves[store_id], name).rows
    return list(found.values())


def devices(world, request: Request) -> Answer:
    return Answer(200, {"items": _of_all_stores(world, request, "devices"), "paging": {}})


def employees(world, request: Request) -> Answer:
    return Answer(200, {"items": _of_all_stores(world, request, "employees"), "paging": {}})


def device(world, request: Request) -> Answer:
    return _named(world, request, "devices", "device")


def employee(world, request: Request) -> Answer:
    return _named(world, request, "employees", "employee")


def _named(world, request: Request, table: str, name: str) -> Answer:
    for row in _of_all_stores(world, request, table):
        if row["id"] == request.path[name]:
            return Answer(200, dict(row))
    raise Refused(404)


def roles(_world, _request: Request) -> Answer:
    return Answer(200, {"items": [{"id": one, "name": one} for one in ("ADMIN", "CASHIER", "MANUAL")], "paging": {}})


ROUTES = [
    Route("GET", "/stores", "store:read", stores),
    Route("GET", "/stores/{store}", "store:read", store),
    Route("GET", "/devices", "device:read", devices),
    Route("GET", "/devices/{device}", "device:read", device),
    Route("GET", "/employees", "employee:read", employees),
    Route("GET", "/employees/roles", "employee:read", roles),
    Route("GET", "/employees/{employee}", "employee:read", employee),
    Route("GET", "/stores/{store}/products", "product:read", products),
    Route("GET", "/stores/{store}/products/{product}", "product:read", product),
    Route("GET", "/stores/{store}/product-groups", "product-group:read", groups),
    Route("GET", "/stores/{store}/product-groups/{group}", "product-group:read", group),
]
