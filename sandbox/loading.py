"""A shop from plain files of Evotor's v2 JSON: stores.json, product-groups.json, products.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class LoadError(Exception):
    """The files cannot make a shop; says which and why."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What the files hold; every row with its store."""

    stores: list[dict[str, Any]]
    groups: list[tuple[str, dict[str, Any]]]
    products: list[tuple[str, dict[str, Any]]]


def read(directory: Path) -> Shop:
    """Read the files of a folder; without `product-groups.json` there are no groups."""
    stores = _rows(directory, "stores.json")
    if not stores:
        raise LoadError(f"{directory / 'stores.json'}: no stores")
    known = {store["id"] for store in stores}
    found = []
    for name, required in (("product-groups.json", False), ("products.json", True)):
        rows: list[tuple[str, dict[str, Any]]] = []
        for at, row in enumerate(_rows(directory, name, required), 1):
            # The only store needs no naming.
            store_id = row.get("store_id") or (stores[0]["id"] if len(stores) == 1 else None)
            if store_id is None or store_id not in known:
                raise LoadError(f"{directory / name}: object {at} has no store_id of stores.json")
            rows.append((store_id, row))
        found.append(rows)
    groups, products = found
    return Shop(stores, groups, products)


def put(world, token: str, shop: Shop) -> None:
    """Let a shop take the place of the stores of a token's account.

    Rows are kept as they came, missing fields and odd dates included; only the owner is set.
    """
    user_id = world.accounts[token].user_id
    with world.lock:
        for store in world.stores_of(token):
            world.remove_store(store["id"])
        for store in shop.stores:
            world.add_store(store | {"user_id": user_id})
        for store_id, row in shop.groups:
            world.shelves[store_id].groups.put(row["id"], row)
        for store_id, row in shop.products:
            world.shelves[store_id].products.put(row["id"], row)
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
