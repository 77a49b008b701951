"""Two bare pages for people: `/till` (the cash register) and `/window` (the shop as a visitor of VK sees it)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.template import Context, Engine

from sandbox import vk_reads
from sandbox.evotor_shapes import number

# A folder of their own: app templates share one namespace, and the site has a base.html too.
TEMPLATES = Path(__file__).parent / "templates" / "sandbox"
ON_PAGE = 40
ON_SHELF = 8
MOST_MONEY = Decimal("9999999.99")


@dataclass(slots=True)
class Page:
    """An answer for a browser."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Mistake(Exception):
    """What the person typed cannot be done; says why, in Russian."""


@cache
def _engine() -> Engine:
    # An engine of its own needs no settings: the sandbox also runs without Django set up.
    return Engine(dirs=[str(TEMPLATES)], debug=False)


def render(template: str, status: int = 200, **values: Any) -> Page:
    context = Context(values, use_l10n=False, use_tz=False)
    return Page(status, _engine().get_template(template).render(context))


def answer(sandbox, verb: str, path: str, query: dict[str, str], form: dict[str, str]) -> Page:
    """One page, or a redirect back to the till after an act."""
    path = path.rstrip("/") or "/"
    acts = {"/till/sell": _sell, "/till/price": _price, "/till/add": _add, "/till/remove": _remove}
    if path in acts:
        if verb != "POST":
            return Page(303, headers={"Location": "/till"})
        return _act(sandbox, acts[path], form)
    match path:
        case "/":
            urls = {"evotor_url": sandbox.evotor_url, "vk_url": sandbox.vk_url}
            return render("index.html", title="Песочница", here="", **urls)
        case "/till":
            return _till(sandbox.evotor, query)
        case "/window":
            return _window(sandbox.vk, query)
    return render("error.html", 404, title="Нет такой страницы", text="Такой страницы нет.", back="/", here="")


# -- the till ------------------------------------------------------------------------------------------------


def _act(sandbox, run, form: dict[str, str]) -> Page:
    world = sandbox.evotor
    back = {name: form[name] for name in ("store", "q", "page") if form.get(name)}
    try:
        said = run(world, form)
    except Mistake as mistake:
        where = "/till?" + urlencode(back)
        return render("error.html", 400, title="Касса", text=str(mistake), back=where, here="till")
    except KeyError:
        where = "/till?" + urlencode(back)
        return render("error.html", 404, title="Касса", text="Такого товара нет.", back=where, here="till")
    return Page(303, headers={"Location": "/till?" + urlencode(back | {"said": said})})


def _sell(world, form: dict[str, str]) -> str:
    row = _product(world, form)
    quantity = _decimal(form.get("quantity", "1"), places=3)
    if quantity <= 0:
        raise Mistake("Количество должно быть больше нуля.")
    world.sell(form["store"], row["id"], number(quantity))
    return f"Продано: {row['name']}, {_text(quantity)}"


def _price(world, form: dict[str, str]) -> str:
    row = _product(world, form)
    price = _money(form.get("price", ""))
    world.put_product(form["store"], {"id": row["id"], "price": number(price)})
    return f"Цена изменена: {row['name']}, {_text(price)} ₽"


def _add(world, form: dict[str, str]) -> str:
    name = form.get("name", "").strip()
    if not name:
        raise Mistake("Нужно название.")
    quantity = _decimal(form.get("quantity") or "0", places=3)
    fields = {"name": name, "price": number(_money(form.get("price", ""))), "quantity": number(quantity)}
    fields |= {"measure_name": "шт", "allow_to_sell": True, "tax": "NO_VAT", "barcodes": []}
    if form.get("group"):
        fields["parent_id"] = form["group"]
    world.put_product(form["store"], fields)
    return f"Добавлено: {name}"


def _remove(world, form: dict[str, str]) -> str:
    row = _product(world, form)
    world.remove_product(form["store"], row["id"])
    return f"Удалено: {row['name']}"


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


def _money(text: str) -> Decimal:
    value = _decimal(text, places=2)
    if not 0 <= value <= MOST_MONEY:
        raise Mistake(f"Цена от 0 до {_text(MOST_MONEY)} ₽.")
    return value


def _text(value: Any) -> str:
    return f"{Decimal(str(value)):f}".replace(".", ",")


def _till(world, query: dict[str, str]) -> Page:
    with world.lock:
        # A receipt of earlier may be due by now.
        world.advance(world.now())
        stores = list(world.stores.values())
        if not stores:
            return render("error.html", title="Касса", text="Магазинов нет.", back="/", here="till")
        store = world.stores.get(query.get("store", ""), stores[0])
        shelf = world.shelves[store["id"]]
        groups = dict(shelf.groups.rows)
        rows = list(shelf.products.rows.values())
    words = query.get("q", "").casefold().split()
    found = [row for row in rows if all(word in _searched(row) for word in words)]
    found.sort(key=lambda row: row["name"].casefold())
    page, pages = _place(query, len(found))
    shown = found[(page - 1) * ON_PAGE : page * ON_PAGE]
    paths = sorted(({"id": key, "path": _path(groups, key)} for key in groups), key=lambda one: one["path"])
    return render(
        "till.html",
        title="Касса",
        here="till",
        stores=[{"id": one["id"], "name": one["name"], "owner": one["user_id"][-4:]} for one in stores],
        store={"id": store["id"], "name": store["name"], "away": store["id"] in world.not_installed},
        said=query.get("said", ""),
        q=query.get("q", ""),
        total=len(rows),
        found=len(found),
        groups=paths,
        products=[_row(row, groups) for row in shown],
        **_pager(page, pages, "/till?" + urlencode({"store": store["id"], "q": query.get("q", "")})),
    )


def _searched(row: dict[str, Any]) -> str:
    parts = [row["name"], row.get("article_number", ""), row.get("code", ""), *row.get("barcodes", [])]
    return " ".join(parts).casefold()


def _row(row: dict[str, Any], groups: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "type": row["type"],
        "group": _path(groups, row.get("parent_id")) or "Без группы",
        "price": _text(row.get("price", 0)),
        "quantity": _text(row["quantity"]) if "quantity" in row else "не указан",
        "measure": row.get("measure_name", ""),
        "article": row.get("article_number", ""),
        "sold": row.get("allow_to_sell", True),
    }


def _path(groups: dict[str, Any], key: str | None) -> str:
    names: list[str] = []
    seen = set()
    while key and key not in seen:
        seen.add(key)
        names.insert(0, groups[key]["name"] if key in groups else "(удалённая группа)")
        key = groups[key].get("parent_id") if key in groups else None
    return " / ".join(names)


# -- the window ------------------------------------------------------------------------------------------------


def _window(world, query: dict[str, str]) -> Page:
    now = world.now()
    with world.lock:
        groups = list(world.groups.values())
        group = world.groups.get(int(query["group"]) if query.get("group", "").isdecimal() else 0, groups[0])
        rows = _shown(world, group, now) if group.info["market_enabled"] else []
        albums = sorted(group.albums.values(), key=lambda one: -one["position"])
        chosen = query.get("album", "")
        shelves = _shelves(rows, [one for one in albums if not one["is_hidden"]])
        if chosen:
            shelves = [one for one in shelves if str(one["id"]) == chosen]
        page, pages = _place(query, shelves[0]["count"] if chosen and shelves else 0)
        for shelf in shelves:
            start = (page - 1) * ON_PAGE if chosen else 0
            size = ON_PAGE if chosen else ON_SHELF
            shelf["more"] = not chosen and shelf["count"] > size
            shelf["items"] = [_card(world, row) for row in shelf.pop("rows")[start : start + size]]
    return render(
        "window.html",
        title="Витрина",
        here="window",
        groups=[{"id": str(one.id), "name": one.info["name"]} for one in groups],
        group={"id": str(group.id), "name": group.info["name"], "open": group.info["market_enabled"]},
        total=len(rows),
        chosen=chosen,
        shelves=shelves,
        **_pager(page, pages, "/window?" + urlencode({"group": group.id, "album": chosen})),
    )


def _shown(world, group, now) -> list[dict[str, Any]]:
    """What is not hidden and not refused by moderation; the sold out are shown, dimmed."""
    rows = [
        row
        for row in group.items.values()
        if row["removed_at"] is None and not row["deleted"] and not vk_reads.rejected(world, row, now)
    ]
    return sorted(rows, key=lambda row: -row["position"])


def _shelves(rows: list[dict[str, Any]], albums: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Goods by album; those of none come last. An album without goods is not shown."""
    by_album: dict[int, list[dict[str, Any]]] = {one["id"]: [] for one in albums}
    loose = []
    for row in rows:
        mine = [one for one in row["album_ids"] if one in by_album]
        for album_id in mine:
            by_album[album_id].append(row)
        if not mine:
            loose.append(row)
    shelves = [{"id": one["id"], "title": one["title"], "rows": by_album[one["id"]]} for one in albums]
    shelves.append({"id": 0, "title": "Без подборки" if albums else "Товары", "rows": loose})
    return [one | {"count": len(one["rows"])} for one in shelves if one["rows"]]


def _card(world, row: dict[str, Any]) -> dict[str, Any]:
    photo = row["main_photo_id"]
    discount = row["old_price"] > row["price"] > 0
    left = row["stock_amount"]
    return {
        "title": row["name"],
        "price": vk_reads.rubles(row["price"]),
        "old_price": vk_reads.rubles(row["old_price"]) if discount else "",
        "photo": f"{world.base_url}/photo/{photo}.jpg" if photo else "",
        "available": left != 0,
        "stock": "нет в наличии" if left == 0 else "в наличии" if left < 0 else f"в наличии: {left}",
    }


def _place(query: dict[str, str], count: int) -> tuple[int, int]:
    pages = max(1, -(-count // ON_PAGE))
    text = query.get("page", "1")
    return min(max(1, int(text)) if text.isdecimal() else 1, pages), pages


def _pager(page: int, pages: int, link: str) -> dict[str, Any]:
    return {"page": page, "pages": pages, "previous": page - 1, "following": page + 1, "link": link}
