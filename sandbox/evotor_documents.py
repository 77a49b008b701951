"""Documents of the till and what they do to the stock."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.evotor_reads import moment, page_size, series
from sandbox.evotor_shapes import Answer, Refused, Request, Route, cursor_of, millis, new_uuid, number, stamp

# What a document does to the stock: adds with this sign, or sets (0).
SIGNS = {"SELL": -1, "WRITE_OFF": -1, "RETURN": -1, "PAYBACK": 1, "ACCEPT": 1, "INVENTORY": 0}


def record(world, store_id: str, kind: str, lines: list[tuple[str, float]], now: datetime) -> str:
    """Write a document with flat positions; the stock follows when its lag is over."""
    if kind not in SIGNS:
        raise ValueError(f"no document {kind}")
    shelf = world.shelves[store_id]
    due = now + timedelta(seconds=world.switches["sale_lag_seconds"])
    positions: list[dict[str, Any]] = []
    left: dict[str, Decimal] = {}
    for product_id, quantity in lines:
        row = shelf.products.rows[product_id]
        before = left.get(product_id, Decimal(str(row.get("quantity", 0))))
        change = {"store": store_id, "product": product_id, "due": due.isoformat(), "sign": SIGNS[kind]}
        world.pending.append(change | {"quantity": number(quantity)})
        left[product_id] = before + SIGNS[kind] * Decimal(str(quantity))
        negative = kind == "PAYBACK" and world.switches["payback_negative"]
        positions.append(_position(row, -quantity if negative else quantity, before, len(positions) + 1))
    total = number(sum(Decimal(str(one["result_sum"])) for one in positions))
    document = {
        "id": new_uuid(),
        "type": kind,
        "number": len(shelf.documents) + 1,
        "close_date": stamp(now),
        "created_at": stamp(now),
        "time_zone_offset": 10_800_000,
        "session_number": 1,
        "device_id": next(iter(shelf.devices.rows), ""),
        "store_id": store_id,
        "user_id": world.stores[store_id]["user_id"],
        "version": "V2",
        "body": {"positions": positions, "sum": total, "result_sum": total},
    }
    shelf.documents.append(document)
    return document["id"]


def _position(row: dict[str, Any], quantity: float, before: Decimal, line: int) -> dict[str, Any]:
    price = Decimal(str(row.get("price", 0)))
    total = number(abs(price * Decimal(str(quantity))).quantize(Decimal("0.01")))
    position = {
        "id": line,
        "uuid": new_uuid(),
        "product_id": row["id"],
        "product_name": row["name"],
        "product_type": row["type"],
        "quantity": number(quantity),
        "initial_quantity": number(before),
        "price": number(price),
        "result_price": number(price),
        "sum": total,
        "result_sum": total,
        "measure_name": row.get("measure_name", "шт"),
    }
    for name in ("cost_price", "tax", "code"):
        if name in row:
            position[name] = row[name]
    if row.get("barcodes"):
        position["bar_code"] = row["barcodes"][0]
    return position


def settle(world, now: datetime) -> None:
    """Apply the stock changes that are due."""
    if not world.pending:
        return
    waiting = []
    for change in world.pending:
        if datetime.fromisoformat(change["due"]) > now:
            waiting.append(change)
            continue
        shelf = world.shelves.get(change["store"])
        row = shelf.products.rows.get(change["product"]) if shelf else None
        if row is None:
            continue
        moved = Decimal(str(change["quantity"]))
        rest = Decimal(str(row.get("quantity", 0)))
        rest = rest + change["sign"] * moved if change["sign"] else moved
        row = row | {"quantity": number(rest)}
        if world.switches["sale_bumps_updated_at"]:
            row["updated_at"] = stamp(now)
        shelf.products.put(row["id"], row)
    if len(waiting) < len(world.pending):
        world.changed("stock")
    world.pending = waiting


def documents(world, request: Request) -> Answer:
    """Documents in the order of closing: `since` inclusive, `until` exclusive, `type` a comma list."""
    kinds = str(request.params.get("type") or request.params.get("types") or "")
    device = request.path.get("device", "")
    asked, at = series(request, "documents", [moment(request, "since"), moment(request, "until"), kinds, device])
    since, until, kinds, device = asked[3:]
    wanted = [
        (number_, one)
        for number_, one in enumerate(world.shelves[request.store].documents)
        if number_ > (-1 if at is None else at)
        and (not kinds or one["type"] in kinds.split(","))
        and (not device or one["device_id"] == device)
        and (since is None or millis(one["close_date"]) >= since)
        and (until is None or millis(one["close_date"]) < until)
    ]
    size = page_size(world, request)
    page = wanted[:size]
    paging = {"next_cursor": cursor_of([*asked, page[-1][0]])} if len(wanted) > size else {}
    return Answer(200, {"items": [one for _, one in page], "paging": paging})


def document(world, request: Request) -> Answer:
    for one in world.shelves[request.store].documents:
        if one["id"] == request.path["document"]:
            return Answer(200, dict(one))
    raise Refused(404)


ROUTES = [
    Route("GET", "/stores/{store}/documents", "document:read", documents),
    Route("GET", "/stores/{store}/documents/{document}", "document:read", document),
    Route("GET", "/stores/{store}/devices/{device}/documents", "document:read", documents),
]
