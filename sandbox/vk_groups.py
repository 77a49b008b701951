"""Communities and people: what a connection is checked with."""

from __future__ import annotations

from typing import Any

from sandbox.vk_errors import Params, VkError, wrong
from sandbox.vk_reads import RUBLE
from sandbox.vk_state import EDITOR

LEVELS = {"moder": 1, "editor": 2, "admin": 3}
MASK = {"photos": 4, "groups": 262_144, "market": 134_217_728}


def group_object(group, caller, fields: set[str]) -> dict[str, Any]:
    level = group.level(caller.token.user_id)
    found: dict[str, Any] = {
        "id": group.id,
        "name": group.info["name"],
        "screen_name": group.info["screen_name"],
        "is_closed": 0,
        "type": "group",
        "photo_50": "https://vk.com/images/community_50.png",
        "photo_100": "https://vk.com/images/community_100.png",
        "photo_200": "https://vk.com/images/community_200.png",
    }
    if group.info.get("deactivated"):
        found["deactivated"] = group.info["deactivated"]
    if caller.token.kind == "user":
        found |= {"is_admin": int(level > 0), "is_member": int(level > 0), "is_advertiser": 0}
        if level:
            found["admin_level"] = level
    if "market" in fields:
        found["market"] = market_object(group)
    return found


def market_object(group) -> dict[str, Any]:
    if not group.info["market_enabled"]:
        return {"enabled": 0}
    prices = [row["price"] for row in group.items.values() if row["removed_at"] is None]
    main = next((row["id"] for row in group.albums.values() if row["is_main"]), 0)
    return {
        "enabled": 1,
        "type": group.info["market_type"],
        "price_min": str(min(prices, default=0)),
        "price_max": str(max(prices, default=0)),
        "main_album_id": main,
        "contact_id": next(iter(group.info["admins"]), 0),
        "currency": RUBLE,
        "currency_text": "руб.",
    }


def get_by_id(world, caller, params: Params) -> dict[str, Any]:
    """`group_ids` or `group_id`, numbers or short names; without either, the community of the token."""
    named = params.text("group_ids") or params.text("group_id")
    wanted = [part.strip() for part in named.split(",") if part.strip()]
    if not wanted and caller.token.group_id:
        wanted = [str(caller.token.group_id)]
    if not wanted:
        raise wrong("group_ids", "is undefined")
    if len(wanted) > 500:
        raise wrong("group_ids", "should contain at most 500 elements")
    names = {group.info["screen_name"]: group for group in world.groups.values()}
    groups = []
    for one in wanted:
        group = world.groups.get(int(one)) if one.isdecimal() else names.get(one)
        if group is not None:
            groups.append(group)
    if not groups and world.switches["unknown_group_is_error"]:
        raise VkError(40)
    fields = set(params.text("fields").split(","))
    return {"groups": [group_object(group, caller, fields) for group in groups], "profiles": []}


def get(world, caller, params: Params) -> dict[str, Any]:
    """The user's communities; `filter=admin,editor` asks for those they run."""
    params.integer("user_id", 1, least=1)
    filters = [part for part in params.text("filter").split(",") if part]
    least = min((LEVELS.get(one, 1) for one in filters), default=1)
    groups = [group for group in world.groups.values() if group.level(caller.token.user_id) >= least]
    offset, count = params.integer("offset"), params.integer("count", 1000, most=1000)
    page = groups[offset : offset + count]
    if not params.flag("extended"):
        return {"count": len(groups), "items": [group.id for group in page]}
    fields = set(params.text("fields").split(","))
    return {"count": len(groups), "items": [group_object(group, caller, fields) for group in page]}


def toggle_market(world, caller, params: Params) -> int:
    """Turns the market of a community on (basic, advanced) or off (none)."""
    group = world.groups.get(params.integer("group_id", least=1, required=True))
    if group is None:
        raise VkError(40)
    if group.level(caller.token.user_id) <= EDITOR:
        raise VkError(15)
    state = params.text("state", required=True)
    if state not in ("none", "basic", "advanced"):
        raise wrong("state")
    if state == "none" and not group.info["market_enabled"]:
        raise VkError(1432)
    if state != "none" and group.info["market_enabled"] and state == group.info["market_type"]:
        raise VkError(1431)
    kind = group.info["market_type"] if state == "none" else state
    group.info = group.info | {"market_enabled": state != "none", "market_type": kind}
    return 1


def token_permissions(_world, caller, _params: Params) -> dict[str, Any]:
    if caller.token.kind != "community":
        raise VkError(28, "method is available with group auth only")
    settings = [{"name": name, "setting": MASK.get(name, 0)} for name in caller.token.scopes]
    return {"mask": sum(one["setting"] for one in settings), "permissions": settings}


def get_users(world, caller, params: Params) -> list[dict[str, Any]]:
    """People by id; without ids, the user of the token."""
    wanted = params.integers("user_ids", most=1000)
    params.integer("from_group_id", least=-(10**12))
    if not wanted and caller.token.kind == "user":
        wanted = [caller.token.user_id]
    people = [world.users[one] for one in wanted if one in world.users]
    return [person | {"is_closed": False, "can_access_closed": True} for person in people]


METHODS = {
    "groups.getById": get_by_id,
    "groups.get": get,
    "groups.toggleMarket": toggle_market,
    "groups.getTokenPermissions": token_permissions,
    "users.get": get_users,
}
