"""The shop window: what a visitor of the community sees in VK, and one item of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from sandbox import vk_reads
from sandbox.paper import ON_PAGE, Mistake, Page, pager, place, render, tile
from sandbox.till_page import money

ON_SHELF = 8
# What the way back after an act is known by.
PLACE = ("group",)
SORTS = {"": "Сначала новые", "cheap": "Сначала дешёвые", "dear": "Сначала дорогие"}


def add(world, form: dict[str, str]) -> str:
    """An item that the merchant makes by hand in VK."""
    name, group_id = form.get("name", "").strip(), _number(form, "group")
    if len(name) < 4:
        raise Mistake("Название в ВК не короче 4 знаков.")
    if group_id not in world.groups:
        raise Mistake("Такого сообщества нет.")
    price = int(money(form.get("price", "")) * 100)
    world.add_foreign_item(group_id, name=name[:100], price=price, sku=form.get("sku", "").strip()[:50])
    return f"Добавлено от руки: {name}"


def show(world, query: dict[str, str]) -> Page:
    now = world.now()
    with world.lock:
        groups = list(world.groups.values())
        group = world.groups.get(_number(query, "group"), groups[0])
        rows = _shown(world, group, now) if group.info["market_enabled"] else []
        common = _head(world, groups, group, len(rows))
        if item := next((row for row in rows if row["id"] == _number(query, "item")), None):
            return render("item.html", **common, item=_card(world, group, item) | _more(world, group, item))
        common["unseen"] = "item" in query
        albums = sorted(group.albums.values(), key=lambda one: -one["position"])
        shelves = _shelves(rows, [one for one in albums if not one["is_hidden"]])
        chosen, words = query.get("album", ""), query.get("q", "").casefold().split()
        covers = [_cover(world, one) for one in shelves]
        shelves, is_list = _asked(shelves, rows, chosen, words, query.get("sort", ""))
        page, pages = place(query, shelves[0]["count"] if is_list and shelves else 0)
        for shelf in shelves:
            start, size = ((page - 1) * ON_PAGE, ON_PAGE) if is_list else (0, ON_SHELF)
            shelf["more"] = not is_list and shelf["count"] > size
            shelf["items"] = [_card(world, group, row) for row in shelf.pop("rows")[start : start + size]]
    asked = {"group": group.id, "album": chosen, "q": query.get("q", ""), "sort": query.get("sort", "")}
    return render(
        "window.html",
        **common,
        chosen=chosen,
        q=query.get("q", ""),
        sorts=[{"key": key, "name": name, "on": key == query.get("sort", "")} for key, name in SORTS.items()],
        covers=covers,
        said=query.get("said", ""),
        shelves=shelves,
        is_list=is_list,
        **pager(page, pages, "/window?" + urlencode(asked)),
    )


def _number(query: dict[str, str], name: str) -> int:
    text = query.get(name, "")
    return int(text) if text.isdecimal() else 0


def _head(world, groups: list, group, total: int) -> dict[str, Any]:
    return {
        "title": "Витрина",
        "here": "window",
        "groups": [{"id": str(one.id), "name": one.info["name"]} for one in groups],
        "group": {"id": str(group.id), "name": group.info["name"], "open": group.info["market_enabled"]}
        | tile(group.info["name"]),
        "total": total,
    }


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


def _asked(shelves: list, rows: list, chosen: str, words: list[str], sort: str) -> tuple[list[dict[str, Any]], bool]:
    """The shelves to show, and whether it is one long list of what was chosen or searched."""
    if chosen:
        shelves = [one for one in shelves if str(one["id"]) == chosen]
        rows = shelves[0]["rows"] if shelves else []
    if words:
        rows = [row for row in rows if all(word in row["name"].casefold() for word in words)]
        shelves = [{"id": 0, "title": "Найдено", "rows": rows}] if rows else []
    elif sort in ("cheap", "dear") and not chosen and rows:
        shelves = [{"id": 0, "title": "Все товары", "rows": rows}]
    is_list = bool(chosen or words or sort in ("cheap", "dear"))
    if sort in ("cheap", "dear") and shelves:
        rows = sorted(rows, key=lambda row: row["price"], reverse=sort == "dear")
    return [one | {"rows": rows, "count": len(rows)} for one in shelves] if is_list else shelves, is_list


def _cover(world, shelf: dict[str, Any]) -> dict[str, Any]:
    """An album as a picture of its first good that has one."""
    photo = next((row["main_photo_id"] for row in shelf["rows"] if row["main_photo_id"]), 0)
    told = {"id": shelf["id"], "title": shelf["title"], "count": shelf["count"], **tile(shelf["title"])}
    return told | {"photo": _photo(world, photo)}


def _photo(world, photo_id: int) -> str:
    return f"{world.base_url}/photo/{photo_id}.jpg" if photo_id else ""


def _card(world, group, row: dict[str, Any]) -> dict[str, Any]:
    discount = row["old_price"] > row["price"] > 0
    left = row["stock_amount"]
    return {
        "id": row["id"],
        "title": row["name"],
        "price": vk_reads.rubles(row["price"]),
        "old_price": vk_reads.rubles(row["old_price"]) if discount else "",
        "photo": _photo(world, row["main_photo_id"]),
        "available": left != 0,
        "stock": "нет в наличии" if left == 0 else "в наличии" if left < 0 else f"в наличии: {left}",
        **tile(row["name"]),
    }


def _more(world, group, row: dict[str, Any]) -> dict[str, Any]:
    albums = [group.albums[one]["title"] for one in row["album_ids"] if one in group.albums]
    category = world.categories.nested(row["category_id"]) or {}
    return {
        "description": row["description"],
        "albums": albums,
        "category": category.get("name", ""),
        "photos": [_photo(world, one) for one in row["photo_ids"]],
    }
