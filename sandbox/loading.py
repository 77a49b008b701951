"""A shop from plain files of Evotor's v2 JSON: stores.json, product-groups.json, products.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class LoadError(Exception):
    """The files cannot make a shop; says which and why."""


def load(world, token: str, directory: Path) -> None:
    """Replace the stores of a token's account, and what lies in them, by what the files hold.

    Rows are kept as they came, missing fields and odd dates included; only the owner is set.
    """
    stores = _rows(directory, "stores.json")
    if not stores:
        raise LoadError(f"{directory / 'stores.json'}: no stores")
    user_id = world.accounts[token].user_id
    with world.lock:
        for store in world.stores_of(token):
            world.remove_store(store["id"])
        for store in stores:
            world.add_store(store | {"user_id": user_id})
        known = {store["id"] for store in stores}
        for name, table in (("product-groups.json", "groups"), ("products.json", "products")):
            for at, row in enumerate(_rows(directory, name, required=table == "products")):
                store_id = row.get("store_id") or (stores[0]["id"] if len(stores) == 1 else None)
                if store_id not in known or "id" not in row:
                    raise LoadError(f"{directory / name}: object {at + 1} has no id or no store_id of stores.json")
                getattr(world.shelves[store_id], table).put(row["id"], row)
        world.changed("load")


def _rows(directory: Path, name: str, required: bool = True) -> list[dict[str, Any]]:
    """The objects of a file: an array, or what the API answers (`items`)."""
    path = directory / name
    if not path.exists():
        if required:
            raise LoadError(f"{path}: there is no such file")
        return []
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise LoadError(f"{path}: not JSON: {error}") from None
    rows = data.get("items") if isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("id") for row in rows):
        raise LoadError(f"{path}: an array of objects with ids is expected")
    return rows
