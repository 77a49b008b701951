"""market.add, edit, delete, restore: the rules of an item (dev.vk.com/method/market.add)."""

from __future__ import annotations

import re
from collections import deque
from datetime import datetime
from typing import Any

from sandbox.vk_errors import Params, VkError, vk_length, wrong

LINK = re.compile(r"(?:https?://|www\.)([\w.-]+)", re.IGNORECASE)
OWN_SITES = ("vk.com", "vk.ru", "vk.cc", "vk.me")
SIZES = ("dimension_width", "dimension_height", "dimension_length", "weight")
MOST_SIZE = {"weight": 100_000_000}
BLANK: dict[str, Any] = {
    "name": "",
    "description": "",
    "category_id": 0,
    "price": 0,
    "old_price": 0,
    "deleted": False,
    "main_photo_id": 0,
    "photo_ids": [],
    "video_ids": [],
    "url": "",
    "sku": "",
    "stock_amount": -1,
    "dimension_width": 0,
    "dimension_height": 0,
    "dimension_length": 0,
    "weight": 0,
    "variant_ids": [],
    "is_main_variant": False,
    "variants_grouping_id": 0,
}


def read_fields(world, group, params: Params, item_id: int = 0) -> dict[str, Any]:
    """The fields that a call gives, checked; names are those of `BLANK`."""
    fields: dict[str, Any] = {}
    if "name" in params:
        fields["name"] = _name(world, params.text("name"))
    if "description" in params:
        fields["description"] = _description(params.text("description"))
    if "category_id" in params:
        fields["category_id"] = params.integer("category_id", required=True)
        if not world.categories.is_leaf(fields["category_id"]):
            raise wrong("category_id")
    for name in ("price", "old_price"):
        if (amount := params.hundredths(name)) is not None:
            fields[name] = amount
    for name in ("deleted", "is_main_variant"):
        if name in params:
            fields[name] = params.flag(name)
    for name, most in (("url", 320), ("sku", 50)):
        if name in params:
            fields[name] = params.text(name)
            if len(fields[name]) > most:
                raise wrong(name, f"should be no more than {most} letters length")
    if "stock_amount" in params:
        fields["stock_amount"] = params.integer("stock_amount", least=-1, most=999_999, required=True)
    if "video_ids" in params:
        fields["video_ids"] = params.integers("video_ids", most=2)
    fields |= _sizes(params) | _variants(world, group, params) | _photos(world, group, params, item_id)
    return fields


def _name(world, name: str) -> str:
    length = vk_length(name.strip()) if world.switches["name_in_cp1251"] else len(name.strip())
    if length < 4:
        raise wrong("name", "should be at least 4 letters length")
    if length > 100:
        raise wrong("name", "should be no more than 100 letters length")
    return name


def _description(text: str) -> str:
    if len(text.strip()) < 10:
        raise wrong("description", "should be at least 10 letters length")
    for site in LINK.findall(text):
        site = site.lower().removeprefix("www.")
        if not any(site == own or site.endswith("." + own) for own in OWN_SITES):
            raise VkError(1408)
    return text


def _sizes(params: Params) -> dict[str, int]:
    given = [name for name in SIZES if name in params]
    if given and len(given) < len(SIZES):
        raise VkError(1429)
    return {name: params.integer(name, most=MOST_SIZE.get(name, 100_000)) for name in given}


def _variants(world, group, params: Params) -> dict[str, list[int]]:
    ids = params.integers("variant_ids", most=2)
    if not ids:
        return {}
    if not world.extended(group):
        raise VkError(1409)
    known = {int(variant) for prop in group.info["properties"].values() for variant in prop["variants"]}
    if not set(ids) <= known:
        raise VkError(1416)
    return {"variant_ids": ids}


def _photos(world, group, params: Params, item_id: int) -> dict[str, Any]:
    """Photos must be of this community and, where single use is on, free or this item's own."""
    fields: dict[str, Any] = {}
    if "main_photo_id" in params:
        fields["main_photo_id"] = params.integer("main_photo_id", required=True)
    if "photo_ids" in params:
        fields["photo_ids"] = params.integers("photo_ids", most=4)
    for photo_id in [fields.get("main_photo_id", 0), *fields.get("photo_ids", [])]:
        if photo_id:
            free_photo(world, group, photo_id, f"item:{item_id}")
    return fields


def free_photo(world, group, photo_id: int, for_whom: str) -> None:
    """Refuse a photo that is unknown here or serves something else."""
    photo = group.photos.get(photo_id)
    taken = photo and world.switches["photo_single_use"] and photo["used_by"] not in ("", for_whom)
    if photo is None or taken:
        raise VkError(100, "photo not found or already assigned to another item")


def use_photos(group, row: dict[str, Any]) -> None:
    for photo_id in (row["main_photo_id"], *row["photo_ids"]):
        if photo_id in group.photos:
            group.put("photos", photo_id, group.photos[photo_id] | {"used_by": f"item:{row['id']}"})


def make(world, group, now: datetime, **fields: Any) -> int:
    """Put a new item on the shelf; the checks are the caller's."""
    item_id = world.next_id("item")
    at = now.timestamp()
    row = BLANK | {"description": "Товар добавлен вручную", "category_id": world.categories.first_leaf} | fields
    row |= {"id": item_id, "date": int(at), "edited_at": at, "position": float(item_id)}
    row |= {"removed_at": None, "album_ids": row.get("album_ids", [])}
    group.put("items", item_id, row, now)
    use_photos(group, row)
    return item_id


def add(world, caller, params: Params) -> dict[str, int]:
    """A new item each time: two equal calls make two items."""
    group = world.owner(caller, params)
    for name in ("name", "description", "category_id"):
        params.text(name, required=True)
    fields = read_fields(world, group, params)
    if not fields.get("main_photo_id"):
        raise VkError(100, "photo is undefined")
    if 0 < world.switches["item_limit"] <= group.living:
        raise VkError(1405)
    _cap(world, group, caller.now)
    return {"market_item_id": make(world, group, caller.now, **fields)}


def _cap(world, group, now: datetime) -> None:
    """Counted caps on creates, off by default: VK does not publish its own."""
    recent = world.adds.setdefault(group.id, deque())
    at = now.timestamp()
    while recent and recent[0] <= at - 86_400:
        recent.popleft()
    hourly, daily = world.switches["adds_per_hour"], world.switches["adds_per_day"]
    in_hour = sum(1 for one in recent if one > at - 3600) if hourly else 0
    if (hourly and in_hour >= hourly) or (daily and len(recent) >= daily):
        raise VkError(world.switches["adds_over_code"])
    recent.append(at)


def edit(world, caller, params: Params) -> int:
    """Only the given fields change; a call that changes nothing is refused."""
    group = world.owner(caller, params)
    row = living(group, params)
    fields = read_fields(world, group, params, row["id"])
    changed = {name: value for name, value in fields.items() if row[name] != value}
    if not changed and world.switches["noop_edit_is_error"]:
        raise VkError(100, "nothing to change")
    row = group.put("items", row["id"], row | changed | {"edited_at": caller.now.timestamp()}, caller.now)
    use_photos(group, row)
    return 1


def living(group, params: Params) -> dict[str, Any]:
    """The item of a call; a deleted one is not there."""
    row = group.items.get(params.integer("item_id", required=True))
    if row is None or row["removed_at"] is not None:
        raise VkError(1403)
    return row


def delete(world, caller, params: Params) -> int:
    group = world.owner(caller, params)
    row = living(group, params)
    group.put("items", row["id"], row | {"removed_at": caller.now.timestamp()}, caller.now)
    return 1


def restore(world, caller, params: Params) -> int:
    group = world.owner(caller, params)
    row = group.items.get(params.integer("item_id", required=True))
    if row is None:
        raise VkError(1403)
    if row["removed_at"] is None:
        raise VkError(1518)
    if caller.now.timestamp() - row["removed_at"] > world.switches["restore_window_seconds"]:
        raise VkError(1400)
    group.put("items", row["id"], row | {"removed_at": None}, caller.now)
    return 1


def reorder_items(world, caller, params: Params) -> int:
    """Moves an item in the whole list; an album shows its items in that same order."""
    group = world.owner(caller, params)
    row = living(group, params)
    if (album_id := params.integer("album_id")) and album_id not in group.albums:
        raise VkError(1402)
    position = new_position(params, group.items, lambda other: other["removed_at"] is None, 1403)
    group.put("items", row["id"], row | {"position": position}, caller.now)
    return 1


def new_position(params: Params, rows: dict[int, dict[str, Any]], alive, missing: int) -> float:
    """A place right before or after another row; lists run from the highest position down."""
    before = params.integer("before")
    after = params.integer("after")
    anchor = rows.get(before or after)
    if anchor is None or not alive(anchor):
        raise VkError(missing)
    others = sorted(row["position"] for row in rows.values())
    at = others.index(anchor["position"])
    if before:
        return (anchor["position"] + others[at + 1]) / 2 if at + 1 < len(others) else anchor["position"] + 1
    return (anchor["position"] + others[at - 1]) / 2 if at else anchor["position"] - 1


METHODS = {
    "market.add": add,
    "market.edit": edit,
    "market.delete": delete,
    "market.restore": restore,
    "market.reorderItems": reorder_items,
}
