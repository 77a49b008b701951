"""Properties and variants of the extended market: refused (1409, 1410) where a community has the plain one."""

from __future__ import annotations

from typing import Any

from sandbox.vk_errors import Params, VkError, wrong

MOST_VARIANTS = 50


def _group(world, caller, params: Params):
    group = world.community(caller, params.integer("group_id", least=1, required=True))
    if not world.extended(group):
        raise VkError(1409)
    return group


def get_properties(world, caller, params: Params) -> dict[str, Any]:
    properties = list(_group(world, caller, params).info["properties"].values())
    items = [
        {"id": one["id"], "title": one["title"], "type": "text", "variants": list(one["variants"].values())}
        for one in properties
    ]
    return {"count": len(items), "items": items}


def add_property(world, caller, params: Params) -> dict[str, int]:
    group = _group(world, caller, params)
    number = world.next_id("property")
    title = params.text("title", required=True)
    _write(group, group.info["properties"] | {str(number): {"id": number, "title": title, "variants": {}}})
    return {"property_id": number}


def add_variant(world, caller, params: Params) -> dict[str, int]:
    group = _group(world, caller, params)
    one = group.info["properties"].get(str(params.integer("property_id", required=True)))
    if one is None:
        raise VkError(1417)
    title = params.text("title", required=True)
    if len(title) > 60:
        raise wrong("title", "should be no more than 60 letters length")
    if len(one["variants"]) >= MOST_VARIANTS:
        raise VkError(1419)
    number = world.next_id("variant")
    variants = one["variants"] | {str(number): {"id": number, "title": title, "value": title}}
    _write(group, group.info["properties"] | {str(one["id"]): one | {"variants": variants}})
    return {"variant_id": number}


def _write(group, properties: dict[str, Any]) -> None:
    group.info = group.info | {"properties": properties}


def group_items(world, caller, params: Params) -> dict[str, int]:
    """Joins items that differ in their variants into one card."""
    group = _group(world, caller, params)
    rows = [group.items.get(one) for one in dict.fromkeys(params.integers("item_ids", required=True))]
    if any(row is None or row["removed_at"] is not None for row in rows):
        raise VkError(1403)
    if len(rows) < 2:
        raise VkError(1425)
    choices = [tuple(row["variant_ids"]) for row in rows]
    if len(set(choices)) < len(choices):
        raise VkError(1426)
    number = params.integer("item_group_id") or world.next_id("item")
    for at, row in enumerate(rows):
        joined = {"variants_grouping_id": number, "is_main_variant": at == 0}
        group.put("items", row["id"], row | joined, caller.now)
    return {"item_group_id": number}


def ungroup_items(world, caller, params: Params) -> int:
    group = _group(world, caller, params)
    number = params.integer("item_group_id", required=True)
    for row in list(group.items.values()):
        if row["variants_grouping_id"] == number:
            alone = {"variants_grouping_id": 0, "is_main_variant": False}
            group.put("items", row["id"], row | alone, caller.now)
    return 1


METHODS = {
    "market.getProperties": get_properties,
    "market.addProperty": add_property,
    "market.addPropertyVariant": add_variant,
    "market.groupItems": group_items,
    "market.ungroupItems": ungroup_items,
}
