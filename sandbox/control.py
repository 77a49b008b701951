"""`/control`: faults, gates, journal, switches and doors into the worlds, as JSON, for programs and tests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]


@dataclass(slots=True)
class Asked:
    """One control request."""

    sandbox: Any
    path: tuple[str, ...]
    query: dict[str, str]
    body: Body


def answer(sandbox, verb: str, path: str, query: dict[str, str], raw: bytes) -> tuple[int, Any]:
    """Status and JSON. Mistakes of the caller are 400 with a sentence, unknown things 404."""
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        return 400, {"error": "the body is not JSON"}
    if not isinstance(body, dict):
        return 400, {"error": "the body must be an object"}
    for wanted, pattern, run in DOORS:
        found = re.fullmatch(pattern, path.rstrip("/"))
        if found and wanted == verb:
            try:
                return 200, run(Asked(sandbox, found.groups(), query, body))
            except (KeyError, IndexError) as error:
                return 404, {"error": f"there is no {error.args[0] if error.args else 'such thing'}"}
            except (ValueError, TypeError) as error:
                return 400, {"error": str(error)}
    return 404, {"error": f"no door {verb} {path}", "doors": [f"{one} {pattern}" for one, pattern, _ in DOORS]}


def _journal(asked: Asked) -> Body:
    journal = asked.sandbox.journal
    entries = journal.entries(int(asked.query.get("since", 0)), asked.query.get("api"), asked.query.get("method"))
    requests = {api: journal.requests(api) for api in ("evotor", "vk")}
    return {"entries": entries, "last": journal.calls(), "requests": requests}


def _clear_journal(asked: Asked) -> Body:
    asked.sandbox.journal.clear()
    return {}


def _add_fault(asked: Asked) -> Body:
    return {"id": asked.sandbox.faults.add(**asked.body)}


def _remove_faults(asked: Asked) -> Body:
    if asked.path:
        if not asked.sandbox.faults.remove(int(asked.path[0])):
            raise KeyError(f"fault {asked.path[0]}")
    else:
        asked.sandbox.faults.clear()
    return {}


def _release(asked: Asked) -> Body:
    return {"released": asked.sandbox.gates.release(int(asked.path[0]), asked.body.get("action", "go"))}


def _clear_gates(asked: Asked) -> Body:
    asked.sandbox.gates.clear(asked.body.get("action", "drop"))
    return {}


def _switches(asked: Asked) -> Body:
    return {world.api: dict(world.switches) for world in asked.sandbox.worlds}


def _switch(asked: Asked) -> Body:
    """{"vk": {name: value}} for one world, {name: value} for each that has the name."""
    worlds = {world.api: world for world in asked.sandbox.worlds}
    for name, value in asked.body.items():
        if name in worlds and isinstance(value, dict):
            for inner, setting in value.items():
                worlds[name].switch(inner, setting)
            continue
        owners = [world for world in worlds.values() if name in world.switches]
        if not owners:
            raise ValueError(f"no switch {name}")
        for world in owners:
            world.switch(name, value)
    return _switches(asked)


def _reset(asked: Asked) -> Body:
    asked.sandbox.reset()
    return {}


def _save(asked: Asked) -> Body:
    asked.sandbox.save()
    return {}


def _put_product(asked: Asked) -> Body:
    store, fields = _store(asked), asked.body["product"]
    return {"id": asked.sandbox.evotor.put_product(store, fields)}


def _put_group(asked: Asked) -> Body:
    return {"id": asked.sandbox.evotor.put_group(_store(asked), asked.body["group"])}


def _remove_product(asked: Asked) -> Body:
    world, store = asked.sandbox.evotor, _store(asked)
    ids = asked.body.get("ids") or [asked.body["id"]]
    for one in ids:
        world.remove_product(store, one)
    return {"removed": len(ids)}


def _recreate(asked: Asked) -> Body:
    world, store = asked.sandbox.evotor, _store(asked)
    if "id" in asked.body:
        return {"ids": {asked.body["id"]: world.recreate(store, asked.body["id"])}}
    return {"ids": world.recreate_all(store)}


def _document(asked: Asked) -> Body:
    lines = [(one["product"], one.get("quantity", 1)) for one in asked.body["lines"]]
    kind = asked.body.get("type", "SELL")
    return {"id": asked.sandbox.evotor.document(_store(asked), kind, lines)}


def _installed(asked: Asked) -> Body:
    asked.sandbox.evotor.set_installed(_store(asked), bool(asked.body["installed"]))
    return {}


def _store(asked: Asked) -> str:
    """A store by `store` (id) or by `token` (its first store)."""
    return asked.sandbox.evotor.store_of(asked.body.get("store") or asked.body["token"])


def _stores(asked: Asked) -> Body:
    world = asked.sandbox.evotor
    counts = {one: len(shelf.products.rows) for one, shelf in world.shelves.items()}
    return {"stores": [dict(store) | {"products": counts[store["id"]]} for store in world.stores.values()]}


def _products(asked: Asked) -> Body:
    return {"products": asked.sandbox.evotor.products(asked.query["store"])}


def _group(asked: Asked) -> int:
    return int(asked.body.get("group") or asked.query["group"])


def _items(asked: Asked) -> Body:
    world, group = asked.sandbox.vk, _group(asked)
    return {
        "items": world.items(group, removed=True),
        "visible": world.visible_items(group),
        "albums": world.albums(group),
    }


def _foreign(asked: Asked) -> Body:
    return {"id": asked.sandbox.vk.add_foreign_item(_group(asked), **asked.body.get("item", {}))}


def _edit_by_hand(asked: Asked) -> Body:
    asked.sandbox.vk.edit_by_hand(_group(asked), int(asked.body["id"]), **asked.body["fields"])
    return {}


def _delete_by_hand(asked: Asked) -> Body:
    asked.sandbox.vk.delete_by_hand(_group(asked), int(asked.body["id"]))
    return {}


def _token(asked: Asked) -> Body:
    """Revoke a token of either world, or let it live again."""
    asked.sandbox.revoke(asked.body["token"], bool(asked.body.get("revoked", True)))
    return {}


DOORS: list[tuple[str, str, Callable[[Asked], Any]]] = [
    ("GET", "/journal", _journal),
    ("DELETE", "/journal", _clear_journal),
    ("GET", "/faults", lambda asked: {"faults": asked.sandbox.faults.list()}),
    ("POST", "/faults", _add_fault),
    ("DELETE", "/faults", _remove_faults),
    ("DELETE", r"/faults/(\d+)", _remove_faults),
    ("GET", "/gates", lambda asked: {"gates": asked.sandbox.gates.list()}),
    ("POST", "/gates", lambda asked: {"id": asked.sandbox.gates.add(**asked.body)}),
    ("DELETE", "/gates", _clear_gates),
    ("POST", r"/gates/(\d+)/release", _release),
    ("GET", "/switches", _switches),
    ("POST", "/switches", _switch),
    ("POST", "/reset", _reset),
    ("POST", "/save", _save),
    ("POST", "/tokens/revoke", _token),
    ("GET", "/evotor/stores", _stores),
    ("GET", "/evotor/products", _products),
    ("POST", "/evotor/products", _put_product),
    ("POST", "/evotor/products/remove", _remove_product),
    ("POST", "/evotor/products/recreate", _recreate),
    ("POST", "/evotor/groups", _put_group),
    ("POST", "/evotor/documents", _document),
    ("POST", "/evotor/installed", _installed),
    ("GET", "/vk/items", _items),
    ("POST", "/vk/items", _foreign),
    ("POST", "/vk/items/edit", _edit_by_hand),
    ("POST", "/vk/items/delete", _delete_by_hand),
]
