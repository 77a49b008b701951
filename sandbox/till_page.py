"""The cash register: groups and goods as tiles, what can be done to them, and the tape of the last receipts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from sandbox.evotor_shapes import number
from sandbox.paper import ON_PAGE, Mistake, Page, pager, place, render, tile

MOST_MONEY = Decimal("9999999.99")
ON_TAPE = 8
# Where a person stood, for the way back after an act.
PLACE = ("store", "group", "q", "page")
KINDS = {
    "SELL": "Продажа",
    "PAYBACK": "Возврат",
    "ACCEPT": "Приёмка",
    "WRITE_OFF": "Списание",
    "RETURN": "Возврат поставщику",
    "INVENTORY": "Инвентаризация",
}


# -- acts ------------------------------------------------------------------------------------------------------


def _sell(world, form: dict[str, str]) -> str:
    row = _product(world, form)
    quantity = _decimal(form.get("quantity", "1"), places=3)
    if quantity <= 0:
        raise Mistake("Количество должно быть больше нуля.")
    world.sell(form["store"], row["id"], number(quantity))
    return f"Продано: {row['name']}, {_text(quantity)}"


def _price(world, form: dict[str, str]) -> str:
    row = _product(world, form)
    price = money(form.get("price", ""))
    world.put_product(form["store"], {"id": row["id"], "price": number(price)})
    return f"Цена изменена: {row['name']}, {_rubles(price)} ₽"


def _add(world, form: dict[str, str]) -> str:
    name = form.get("name", "").strip()
    if not name:
        raise Mistake("Нужно название.")
    quantity = _decimal(form.get("quantity") or "0", places=3)
    price = number(money(form.get("price", "")))
    fields: dict[str, Any] = {"name": name, "price": price, "quantity": number(quantity)}
    fields |= {"measure_name": "шт", "allow_to_sell": True, "tax": "NO_VAT", "barcodes": []}
    if form.get("into"):
        fields["parent_id"] = form["into"]
    world.put_product(form["store"], fields)
    return f"Добавлено: {name}"


def _remove(world, form: dict[str, str]) -> str:
    row = _product(world, form)
    world.remove_product(form["store"], row["id"])
    return f"Удалено: {row['name']}"


ACTS = {"sell": _sell, "price": _price, "add": _add, "remove": _remove}


def _product(world, form: dict[str, str]) -> dict[str, Any]:
    return world.product(form["store"], form["id"])


def _decimal(text: str, places: int) -> Decimal:
    try:
        value = Decimal(text.strip().replace(",", ".").replace(" ", ""))
    except InvalidOperation:
        raise Mistake(f"«{text}» не число.") from None
    if not value.is_finite() or value != round(value, places):
        raise Mistake(f"Не больше {places} знаков после запятой.")
    return value


def money(text: str) -> Decimal:
    value = _decimal(text, places=2)
    if not 0 <= value <= MOST_MONEY:
        raise Mistake(f"Цена от 0 до {_rubles(MOST_MONEY)} ₽.")
    return value


def _text(value: Any) -> str:
    return f"{Decimal(str(value)):f}".replace(".", ",")


def _rubles(value: Any) -> str:
    """A price as tills print it: with kopecks where there are any."""
    amount = Decimal(str(value))
    return f"{amount:.{0 if amount == int(amount) else 2}f}".replace(".", ",")


# -- the page --------------------------------------------------------------------------------------------------


def show(world, query: dict[str, str]) -> Page:
    with world.lock:
        # A receipt of earlier may be due by now.
        world.advance(world.now())
        stores = list(world.stores.values())
        if not stores:
            return render("error.html", title="Касса", text="Магазинов нет.", back="/", here="till")
        store = world.stores.get(query.get("store", ""), stores[0])
        shelf = world.shelves[store["id"]]
        groups, rows = dict(shelf.groups.rows), list(shelf.products.rows.values())
        documents, images = shelf.documents[-ON_TAPE:], dict(shelf.images)
    here = query.get("group", "")
    here = here if here in groups else ""
    words = query.get("q", "").casefold().split()
    found = _found(rows, groups, here, words)
    page, pages = place(query, len(found))
    where = {"store": store["id"], "group": here, "q": query.get("q", "")}
    return render(
        "till.html",
        title="Касса",
        here="till",
        stores=[{"id": one["id"], "name": one["name"], "owner": one["user_id"][-4:]} for one in stores],
        store={"id": store["id"], "name": store["name"], "away": store["id"] in world.not_installed},
        said=query.get("said", ""),
        q=where["q"],
        group=here,
        trail=[{"id": key, "name": groups[key]["name"]} for key in reversed(_chain(groups, here))],
        folders=[] if words else _folders(groups, rows, here),
        total=len(rows),
        found=len(found),
        groups=sorted(({"id": key, "path": _path(groups, key)} for key in groups), key=lambda one: one["path"]),
        products=[_row(world, row, groups, images) for row in found[(page - 1) * ON_PAGE : page * ON_PAGE]],
        tape=[_receipt(one) for one in reversed(documents)],
        **pager(page, pages, "/till?" + urlencode(where)),
    )


def _found(rows: list, groups: dict, here: str, words: list[str]) -> list[dict[str, Any]]:
    """Goods by name: those of the whole store that hold every word, else those that lie right here."""
    if words:
        found = [row for row in rows if all(word in _searched(row) for word in words)]
    elif here:
        found = [row for row in rows if row.get("parent_id") == here]
    else:
        # At the top a till shows what lies in no group; a group that is gone is none.
        found = [row for row in rows if row.get("parent_id") not in groups]
    return sorted(found, key=lambda row: row["name"].casefold())


def _folders(groups: dict, rows: list, here: str) -> list[dict[str, Any]]:
    """The groups right here, with how many goods lie in each and below."""
    counts: dict[str, int] = {}
    chains: dict[str, list[str]] = {}
    for row in rows:
        parent = row.get("parent_id") or ""
        if parent not in chains:
            chains[parent] = _chain(groups, parent)
        for key in chains[parent]:
            counts[key] = counts.get(key, 0) + 1
    children = [
        (key, group) for key, group in groups.items() if (p if (p := group.get("parent_id")) in groups else "") == here
    ]
    told = [{"id": key, "name": one["name"], "count": counts.get(key, 0), **tile(one["name"])} for key, one in children]
    return sorted(told, key=lambda one: one["name"].casefold())


def _chain(groups: dict[str, Any], key: str | None) -> list[str]:
    """A group and those above it; a circle and a group that is gone end it."""
    chain: list[str] = []
    while key in groups and key not in chain:
        chain.append(key)
        key = groups[key].get("parent_id")
    return chain


def _path(groups: dict[str, Any], key: str | None) -> str:
    names = [groups[one]["name"] for one in reversed(_chain(groups, key))]
    return " / ".join(names if not key or key in groups else ["(удалённая группа)", *names])


def _searched(row: dict[str, Any]) -> str:
    parts = [row["name"], row.get("article_number", ""), row.get("code", ""), *row.get("barcodes", [])]
    return " ".join(parts).casefold()


def _row(world, row: dict[str, Any], groups: dict[str, Any], images: dict[str, Any]) -> dict[str, Any]:
    image = images.get(row["id"])
    quantity = row.get("quantity")
    return {
        "id": row["id"],
        "name": row["name"],
        "type": row["type"],
        "group": _path(groups, row.get("parent_id")) or "Без группы",
        "price": _rubles(row.get("price", 0)),
        "quantity": "не указан" if quantity is None else _text(quantity),
        "gone": quantity is not None and Decimal(str(quantity)) <= 0,
        "measure": row.get("measure_name", ""),
        "article": row.get("article_number", ""),
        "sold": row.get("allow_to_sell", True),
        "photo": f"{world.base_url}/images/{image['id']}.png" if image else "",
        **tile(row["name"]),
    }


def _receipt(document: dict[str, Any]) -> dict[str, Any]:
    """A document as a till prints it."""
    at = datetime.fromisoformat(document["close_date"])
    local = at.astimezone(timezone(timedelta(milliseconds=document["time_zone_offset"])))
    lines = [
        {"name": one["product_name"], "quantity": _text(one["quantity"]), "sum": _rubles(one["result_sum"])}
        for one in document["body"]["positions"]
    ]
    kind = KINDS[document["type"]]
    sum_ = _rubles(document["body"]["result_sum"])
    return {"number": document["number"], "kind": kind, "at": f"{local:%d.%m %H:%M}", "lines": lines, "sum": sum_}
