"""Writing groups and products: one at a time, or in bulks that run after the answer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.evotor_reads import one, product_shown
from sandbox.evotor_shapes import Answer, Refused, Request, Route, invalid, new_uuid, number, stamp

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
READ_ONLY = ("store_id", "user_id", "created_at", "updated_at")
PATCHED = ("quantity", "price", "cost_price")
LONGEST_NAME = 160
MOST_MONEY = Decimal("9999999.99")
MOST_OBJECTS = 1000
MOST_DELETED = 100
BULK = "application/vnd.evotor.v2+bulk+json"
# Digits after the point that a write may have; answers may show more.
PLACES = {"price": 2, "cost_price": 2, "quantity": 3}


def violations(row: Any, table: str) -> list[tuple[str, str]]:
    """What is wrong with an object, as pairs of field and reason."""
    if not isinstance(row, dict):
        return [("", "object expected")]
    found = [(name, "must not be null") for name, value in row.items() if value is None]
    if "name" in row and not (isinstance(row["name"], str) and row["name"].strip()):
        found.append(("name", "must not be blank"))
    elif len(str(row.get("name", ""))) > LONGEST_NAME:
        found.append(("name", f"length must be at most {LONGEST_NAME}"))
    if "parent_id" in row and not UUID.fullmatch(str(row["parent_id"])):
        found.append(("parent_id", "must be a UUID"))
    barcodes = row.get("barcodes", [])
    if not isinstance(barcodes, list) or not all(isinstance(code, str) for code in barcodes):
        found.append(("barcodes", "must be a list of strings"))
    if table == "products":
        found += _amounts(row)
        if "allow_to_sell" in row and not isinstance(row["allow_to_sell"], bool):
            found.append(("allow_to_sell", "must be true or false"))
    return found


def _amounts(row: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, places in PLACES.items():
        if row.get(name) is None:
            continue
        if isinstance(row[name], bool | str):
            found.append((name, "must be a number"))
            continue
        try:
            amount = Decimal(str(row[name]))
        except InvalidOperation:
            found.append((name, "must be a number"))
            continue
        if -int(amount.normalize().as_tuple().exponent) > places:
            found.append((name, f"must have at most {places} decimals"))
        if name != "quantity" and not 0 <= amount <= MOST_MONEY:
            found.append((name, f"must be between 0 and {MOST_MONEY}"))
    return found


def _checked(row: Any, table: str) -> None:
    found = violations(row, table)
    required = ("name", "type") if table == "products" else ("name",)
    if isinstance(row, dict):
        found += [(name, "is required") for name in required if name not in row]
    if found:
        raise invalid("validation failed", *found)


def _stored(world, store_id: str, key: str, fields: dict[str, Any], old: dict[str, Any] | None, now: datetime):
    """The row as it is kept: numbers made plain, read-only fields ours."""
    row = {name: value for name, value in fields.items() if name not in READ_ONLY}
    row |= {name: number(row[name]) for name in PLACES if name in row}
    return row | {
        "id": key,
        "store_id": store_id,
        "user_id": world.stores[store_id]["user_id"],
        "created_at": (old or {}).get("created_at", stamp(now)),
        "updated_at": stamp(now),
    }


def _table(world, request: Request, table: str):
    return getattr(world.shelves[request.store], table)


def _body(request: Request) -> Any:
    """The parsed body; many objects only under the media type of bulks, one only without it."""
    body = request.params.get("body")
    if body is None:
        raise invalid("body expected", code="invalid_format")
    bulk = str(request.params.get("content_type") or "").partition(";")[0].strip().lower() == BULK
    if isinstance(body, list) != bulk:
        raise invalid("an array needs the bulk media type, and only an array", code="invalid_format")
    return body


def _id_of(request: Request) -> str:
    return request.path.get("product") or request.path["group"]


def post(table: str):
    def run(world, request: Request) -> Answer:
        body = _body(request)
        if isinstance(body, list):
            return _accept_bulk(world, request, table, "POST", body)
        _checked(body, table)
        key = new_uuid()
        row = _stored(world, request.store, key, body, None, request.now)
        _table(world, request, table).put(key, row)
        return Answer(201, dict(row))

    return run


def put_bulk(table: str):
    def run(world, request: Request) -> Answer:
        body = _body(request)
        if not isinstance(body, list):
            raise invalid("array expected", code="invalid_format")
        return _accept_bulk(world, request, table, "PUT", body)

    return run


def put(table: str):
    """Create or replace: what the body leaves out is gone."""

    def run(world, request: Request) -> Answer:
        body = _body(request)
        key = _id_of(request)
        if not UUID.fullmatch(key):
            raise invalid("id is invalid", ("id", "must be a UUID"))
        _checked(body, table)
        rows = _table(world, request, table)
        row = _stored(world, request.store, key, body, rows.rows.get(key), request.now)
        rows.put(key, row)
        return Answer(200, dict(row))

    return run


def patch_product(world, request: Request) -> Answer:
    """Absolute values of quantity, price and cost price, nothing else."""
    body = _body(request)
    row = one(_table(world, request, "products"), request, "product")
    return _patch(world, request, "products", row, body, PATCHED)


def patch_group(world, request: Request) -> Answer:
    body = _body(request)
    row = one(_table(world, request, "groups"), request, "group")
    return _patch(world, request, "groups", row, body, ("name", "barcodes"))


def _patch(world, request: Request, table: str, row, body: Any, allowed: tuple[str, ...]) -> Answer:
    if not isinstance(body, dict) or not body:
        raise invalid("nothing to change", ("", "must not be empty"))
    if strange := [name for name in body if name not in allowed]:
        raise invalid("validation failed", *((name, "cannot be patched") for name in strange))
    if "quantity" in body and "product.quantity:write" not in request.account.scopes:
        raise Refused(403)
    if found := violations(body, table):
        raise invalid("validation failed", *found)
    changed = {name: number(value) if name in PLACES else value for name, value in body.items()}
    row = row | changed | {"updated_at": stamp(request.now)}
    _table(world, request, table).put(row["id"], row)
    return Answer(200, dict(product_shown(request)(row)))


def delete(table: str):
    def run(world, request: Request) -> Answer:
        if _table(world, request, table).drop(_id_of(request)) is None:
            raise Refused(404)
        return Answer(204)

    return run


def delete_many(table: str):
    """`?id=a,b`: up to 100; ids that are not there are no error."""

    def run(world, request: Request) -> Answer:
        ids = [part for part in str(request.params.get("id", "")).split(",") if part]
        if not ids or len(ids) > MOST_DELETED:
            raise invalid("id is invalid", ("id", f"1 to {MOST_DELETED} ids expected"))
        rows = _table(world, request, table)
        for key in ids:
            rows.drop(key)
        return Answer(204)

    return run


# -- bulks -----------------------------------------------------------------------------------------------------


def _accept_bulk(world, request: Request, table: str, verb: str, body: list[Any]) -> Answer:
    if not body or len(body) > MOST_OBJECTS:
        raise invalid("array is invalid", ("", f"1 to {MOST_OBJECTS} objects expected"))
    bulk = {
        "id": new_uuid(),
        "modified_at": stamp(request.now),
        "status": "ACCEPTED",
        "type": "product" if table == "products" else "product-group",
        "details": [],
        "store": request.store,
        "user_id": request.account.user_id,
        "table": table,
        "verb": verb,
        "accepted_at": request.now.isoformat(),
        "objects": body,
    }
    if any(not isinstance(row, dict) or (verb == "PUT" and "id" not in row) for row in body):
        # Bad data as a whole: objects without ids cannot be told apart.
        bulk |= {"status": "DECLINED", "objects": []}
    world.bulks[bulk["id"]] = bulk
    return Answer(202, _bulk_shown(bulk))


def _bulk_shown(bulk: dict[str, Any]) -> dict[str, Any]:
    shown = {name: bulk[name] for name in ("id", "modified_at", "status", "type")}
    if bulk["status"] in ("COMPLETED", "FAILED"):
        shown["details"] = bulk["details"]
    return shown


def run_bulks(world, now: datetime) -> None:
    """Bulks run half of `bulk_seconds` after they were accepted and end after the whole of it."""
    wait = timedelta(seconds=world.switches["bulk_seconds"])
    for bulk in list(world.bulks.values()):
        if bulk["status"] not in ("ACCEPTED", "RUNNING"):
            continue
        age = now - datetime.fromisoformat(bulk["accepted_at"])
        if age >= wait:
            world.bulks[bulk["id"]] = _run_bulk(world, bulk, now)
            world.changed("bulk")
        elif age >= wait / 2 and bulk["status"] == "ACCEPTED":
            world.bulks[bulk["id"]] = bulk | {"status": "RUNNING", "modified_at": stamp(now)}


def _run_bulk(world, bulk: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Each object by itself: the bad ones are told in details; FAILED only if none was good."""
    details = []
    shelf = world.shelves.get(bulk["store"])
    rows = getattr(shelf, bulk["table"]) if shelf else None
    for fields in bulk["objects"]:
        key = str(fields.get("id")) if bulk["verb"] == "PUT" else new_uuid()
        try:
            if rows is None or not UUID.fullmatch(key):
                raise invalid("id is invalid", ("id", "must be a UUID"))
            _checked(fields, bulk["table"])
        except Refused as refused:
            body = refused.body
            details.append({"product_id": key, **{name: body[name] for name in ("message", "code", "violations")}})
            continue
        rows.put(key, _stored(world, bulk["store"], key, fields, rows.rows.get(key), now))
    failed = len(details) == len(bulk["objects"])
    status = "FAILED" if failed else "COMPLETED"
    return bulk | {"status": status, "details": details, "objects": [], "modified_at": stamp(now)}


def bulk(world, request: Request) -> Answer:
    found = world.bulks.get(request.path["bulk"])
    if found is None or found["user_id"] != request.account.user_id:
        raise Refused(404)
    return Answer(200, _bulk_shown(found))


PRODUCTS, GROUPS = "/stores/{store}/products", "/stores/{store}/product-groups"
WRITE, WRITE_GROUPS = "product:write", "product-group:write"
ROUTES = [
    Route("POST", PRODUCTS, WRITE, post("products")),
    Route("PUT", PRODUCTS, WRITE, put_bulk("products")),
    Route("DELETE", PRODUCTS, WRITE, delete_many("products")),
    Route("PUT", PRODUCTS + "/{product}", WRITE, put("products")),
    Route("PATCH", PRODUCTS + "/{product}", WRITE, patch_product),
    Route("DELETE", PRODUCTS + "/{product}", WRITE, delete("products")),
    Route("POST", GROUPS, WRITE_GROUPS, post("groups")),
    Route("PUT", GROUPS, WRITE_GROUPS, put_bulk("groups")),
    Route("DELETE", GROUPS, WRITE_GROUPS, delete_many("groups")),
    Route("PUT", GROUPS + "/{group}", WRITE_GROUPS, put("groups")),
    Route("PATCH", GROUPS + "/{group}", WRITE_GROUPS, patch_group),
    Route("DELETE", GROUPS + "/{group}", WRITE_GROUPS, delete("groups")),
    Route("GET", "/bulks/{bulk}", "product:read", bulk),
]
