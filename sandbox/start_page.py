"""The start page: the doors, and the tokens that the cabinets of Evotor and VK would show to a merchant."""

from __future__ import annotations

from typing import Any

from sandbox.evotor_shapes import ALL_SCOPES
from sandbox.paper import Page, render
from sandbox.vk_state import EDITOR


def show(sandbox) -> Page:
    return render(
        "index.html",
        title="Песочница",
        here="",
        evotor_url=sandbox.evotor_url,
        vk_url=sandbox.vk_url,
        tills=_tills(sandbox.evotor),
        people=_people(sandbox.vk),
    )


def _tills(world) -> list[dict[str, Any]]:
    """Evotor's tokens with every right, and the stores that each opens."""
    with world.lock:
        stores = list(world.stores.values())
        accounts = [
            (token, one.user_id)
            for token, one in world.accounts.items()
            if not one.revoked and set(ALL_SCOPES) <= set(one.scopes)
        ]
    return [
        {"token": token, "stores": [one["name"] for one in stores if one["user_id"] == user_id]}
        for token, user_id in accounts
    ]


def _people(world) -> list[dict[str, Any]]:
    """Tokens of people who may edit a community whose goods are switched on."""
    with world.lock:
        tokens = [
            (token, one.user_id)
            for token, one in world.tokens.items()
            if one.kind == "user" and not one.revoked and not one.expired(world.now()) and "market" in one.scopes
        ]
        communities = [one for one in world.groups.values() if one.info["market_enabled"]]
        names = {key: f"{one['first_name']} {one['last_name']}" for key, one in world.users.items()}
    told = [
        {
            "token": token,
            "name": names.get(user_id, ""),
            "communities": [
                {"id": str(one.id), "name": one.info["name"]} for one in communities if one.level(user_id) >= EDITOR
            ],
        }
        for token, user_id in tokens
    ]
    return [one for one in told if one["communities"]]
