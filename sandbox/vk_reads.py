"""Reading a market: get, getById, search, categories, and the item object."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from typing import Any

from sandbox.vk_errors import Params, VkError, wrong

RUBLE = {"id": 643, "name": "RUB", "title": "₽"}
ITEM_ID = re.compile(r"-(\d+)_(\d+)")


def shelf(world, group, now: datetime) -> tuple[dict, dict]:
    """Items and albums as a reader sees them: as they are, or as they were a while ago."""
    delay = world.switches["read_delay_seconds"]
    return group.as_of(now - timedelta(seconds=delay)) if delay else (group.items, group.albums)


def rejected(world, row: dict[str, Any], now: datetime) -> bool:
    """Moderation: the switch is a word that a name must not hold (* for any); 1 rouble is refused too."""
    word = world.switches["moderation"]
    if not word or now.timestamp() < row["date"] + world.switches["moderation_delay_seconds"]:
        return False
    return word == "*" or word.casefold() in row["name"].casefold() or 0 < row["price"] <= 100


def hidden(world, row: dict[str, Any]) -> bool:
    """Hidden by `deleted=1`, or sold out."""
    return row["deleted"] or (world.switches["stock_zero_hidden"] and row["stock_amount"] == 0)


def listing(world, group, now: datetime, *, status: str = "visible", album_id: int = 0) -> list[dict[str, Any]]:
    """Rows in the order of the shop window; `status` is visible, hidden or all."""
    items, _ = shelf(world, group, now)

    def wanted(row: dict[str, Any]) -> bool:
        if row["removed_at"] is not None or (album_id and album_id not in row["album_ids"]):
            return False
        if status == "all":
            return True
        shown = not hidden(world, row) and not rejected(world, row, now)
        return shown == (status == "visible")

    def make() -> list[dict[str, Any]]:
        return sorted(filter(wanted, items.values()), key=lambda row: -row["position"])

    if items is not group.items or world.switches["moderation"]:
        return make()
    return group.cached((status, album_id, world.switches["stock_zero_hidden"]), make)


def price_object(row: dict[str, Any]) -> dict[str, Any]:
    """Amounts are strings in hundredths."""
    price = {"amount": str(row["price"]), "currency": RUBLE, "text": rubles(row["price"]), "price_type": 0}
    if row["old_price"] > row["price"] > 0:
        price["old_amount"] = str(row["old_price"])
        price["old_amount_text"] = rubles(row["old_price"])
        price["discount_rate"] = -round((row["old_price"] - row["price"]) * 100 / row["old_price"])
    return price


def rubles(hundredths: int) -> str:
    whole, kopecks = divmod(hundredths, 100)
    text = f"{whole:,}".replace(",", " ")
    return f"{text},{kopecks:02} ₽" if kopecks else f"{text} ₽"


def item_object(world, group, row: dict[str, Any], now: datetime, *, extended: bool) -> dict[str, Any]:
    """The item as the API shows it (`market_market_item`)."""
    text = (lambda value: html.escape(value)) if world.switches["escape_text"] else (lambda value: value)
    item: dict[str, Any] = {
        "id": row["id"],
        "owner_id": -group.id,
        "title": text(row["name"]),
        "description": text(row["description"]),
        "price": price_object(row),
        "category": world.categories.nested(row["category_id"]),
        "availability": 2 if hidden(world, row) else 0,
        "date": row["date"],
        "is_owner": False,
        "is_adult": False,
        "stock_amount": row["stock_amount"],
    }
    for name in ("sku", "url", "variants_grouping_id"):
        if row[name]:
            item[name] = row[name]
    if row["variants_grouping_id"]:
        item["is_main_variant"] = row["is_main_variant"]
    if row["weight"]:
        item["weight"] = row["weight"]
        item["dimensions"] = {name: row[f"dimension_{name}"] for name in ("width", "height", "length")}
    if row["main_photo_id"]:
        item["thumb_photo"] = f"{world.base_url}/photo/{row['main_photo_id']}.jpg"
    if rejected(world, row, now):
        item["reject_info"] = {
            "title": "Товар отклонён",
            "description": "Товар нарушает правила размещения.",
            "moderation_status": 2,
            "info_link": "https://vk.com/market_rules",
            "write_to_support_link": "https://vk.com/support",
            "in_progress": False,
            "buttons": [],
        }
    if extended:
        item |= _extended(world, group, row)
    return item


def _extended(world, group, row: dict[str, Any]) -> dict[str, Any]:
    ids = [row["main_photo_id"], *row["photo_ids"]]
    return {
        "albums_ids": list(row["album_ids"]),
        "photos": [photo_object(world, group, group.photos[one]) for one in ids if one in group.photos],
        "can_comment": 1,
        "can_repost": 1,
        "likes": {"count": 0, "user_likes": 0},
        "reposts": {"count": 0, "user_reposted": 0},
        "views_count": 0,
        "can_edit": True,
        "can_delete": True,
        "orders_count": 0,
    }


def photo_object(world, group, photo: dict[str, Any]) -> dict[str, Any]:
    url = f"{world.base_url}/photo/{photo['id']}.jpg"
    size = {"type": "w", "url": url, "width": photo["width"], "height": photo["height"]}
    return {
        "id": photo["id"],
        "album_id": -53,
        "owner_id": -group.id,
        "user_id": 100,
        "date": photo["date"],
        "text": "",
        "sizes": [size],
        "orig_photo": size | {"type": "base"},
        "has_tags": False,
    }


def get(world, caller, params: Params) -> dict[str, Any]:
    """A page of items; hidden ones only with `with_disabled`, and only for those who may edit."""
    group = world.owner(caller, params, write=False)
    disabled = params.flag("with_disabled") and group.level(caller.token.user_id) > 0
    album_id = _album(world, group, caller, params)
    rows = listing(world, group, caller.now, status="all" if disabled else "visible", album_id=album_id)
    rows = _between(rows, params)
    return _page(world, group, caller, params, rows, params.integer("count", 100, most=200))


def _album(world, group, caller, params: Params) -> int:
    album_id = params.integer("album_id")
    if album_id and album_id not in shelf(world, group, caller.now)[1]:
        raise VkError(1402)
    return album_id


def _between(rows: list[dict[str, Any]], params: Params) -> list[dict[str, Any]]:
    """`date_from` and `date_to`, days inclusive."""
    bounds = []
    for name in ("date_from", "date_to"):
        text = params.text(name)
        try:
            bounds.append(datetime.strptime(f"{text} +0000", "%Y-%m-%d %z").timestamp() if text else None)
        except ValueError:
            raise wrong(name) from None
    start, end = bounds
    if start is None and end is None:
        return rows
    return [
        row for row in rows if (start is None or row["date"] >= start) and (end is None or row["date"] < end + 86_400)
    ]


def _page(world, group, caller, params: Params, rows: list[dict[str, Any]], count: int) -> dict[str, Any]:
    offset = params.integer("offset")
    extended = params.flag("extended")
    page = rows[offset : offset + count]
    answer: dict[str, Any] = {
        "count": len(rows),
        "items": [item_object(world, group, row, caller.now, extended=extended) for row in page],
    }
    if params.flag("need_variants"):
        answer["variants"] = []
    return answer


def get_by_id(world, caller, params: Params) -> dict[str, Any]:
    """Items by full id; those unknown or deleted are left out, hidden ones are shown to editors."""
    ids = [part.strip() for part in params.text("item_ids", required=True).split(",") if part.strip()]
    if len(ids) > 100:
        raise wrong("item_ids", "should contain at most 100 elements")
    extended = params.flag("extended")
    found = []
    for one in dict.fromkeys(ids):
        match = ITEM_ID.fullmatch(one)
        if not match:
            raise wrong("item_ids")
        group = world.groups.get(int(match[1]))
        if group is None:
            continue
        if not group.info["market_enabled"]:
            raise VkError(1525)
        row = shelf(world, group, caller.now)[0].get(int(match[2]))
        if row is None or row["removed_at"] is not None:
            continue
        if group.level(caller.token.user_id) or not hidden(world, row):
            found.append(item_object(world, group, row, caller.now, extended=extended))
    return {"count": len(found), "items": found}


def search(world, caller, params: Params) -> dict[str, Any]:
    """A community's goods by words, price (hundredths) and status 0 available, 2 hidden."""
    group = world.owner(caller, params, write=False)
    wanted = set(params.integers("status", most=2) or [0])
    if not wanted <= {0, 2}:
        raise wrong("status")
    editor = group.level(caller.token.user_id) > 0
    status = "all" if wanted == {0, 2} else "hidden" if wanted == {2} else "visible"
    if status != "visible" and not editor:
        status = "visible"
    rows = listing(world, group, caller.now, status=status, album_id=_album(world, group, caller, params))
    words = params.text("q").casefold().split()
    least, most = params.integer("price_from"), params.integer("price_to")
    rows = [
        row
        for row in rows
        if all(word in f"{row['name']} {row['description']} {row['sku']}".casefold() for word in words)
        and row["price"] >= least
        and (not most or row["price"] <= most)
    ]
    sort, falling = params.integer("sort", most=3), params.integer("rev", 1, most=1)
    if sort:
        by = "price" if sort == 2 else "date"
        rows = sorted(rows, key=lambda row: (row[by], row["id"]), reverse=bool(falling))
    answer = _page(world, group, caller, params, rows, params.integer("count", 20, most=200))
    return {"count": answer.pop("count"), "view_type": 1, **answer}


def get_categories(world, _caller, params: Params) -> dict[str, Any]:
    """The whole tree; of whom it is asked for changes nothing here."""
    for name in ("group_id", "album_id"):
        params.integer(name, 1, least=1)
    return {"items": world.categories.tree}


def filter_categories(world, _caller, params: Params) -> dict[str, Any]:
    """Categories whose name holds the words, in the shape of the tree."""
    words = params.text("query").casefold()
    under = params.integer("category_id")
    found = [
        one
        for one in world.categories.flat
        if words in one["name"].casefold() and (not under or world.categories.lies_in(one["id"], under))
    ]
    return {"items": found[: params.integer("count", 20, most=1000)]}


METHODS = {
    "market.get": get,
    "market.getById": get_by_id,
    "market.search": search,
    "market.getCategories": get_categories,
    "market.filterCategories": filter_categories,
}
