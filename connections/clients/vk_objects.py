"""VK's objects as plain data, read from answers that may differ from the schema. Pure.

Every `parse_…` takes one object as JSON gave it, whatever that is, and answers None for what has no id: VK puts `false`
where it has nothing to show. A field that is missing or of another kind is empty or None, never an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any


@dataclass(frozen=True, slots=True)
class VkUser:
    """Whose token it is."""

    id: int
    first_name: str
    last_name: str


@dataclass(frozen=True, slots=True)
class Group:
    """A community as the owner of the token sees it. `admin_level`: 1 moderator, 2 editor, 3 administrator."""

    id: int
    name: str
    screen_name: str
    # None where VK did not say.
    is_admin: bool | None
    admin_level: int | None
    # None where VK did not say.
    market_enabled: bool | None
    # "deleted" or "banned" of a community that is closed, else "".
    deactivated: str = ""

    @property
    def may_edit_market(self) -> bool:
        """As far as VK told: where it told nothing, the first refusal will."""
        if self.admin_level is not None:
            return self.admin_level >= 2
        return self.is_admin is not False


@dataclass(frozen=True, slots=True)
class Category:
    """A category of goods; `path` holds the names from the root down ("Дом / Посуда"). Only leaves take items."""

    id: int
    name: str
    path: str
    is_leaf: bool


@dataclass(frozen=True, slots=True)
class MarketItem:
    """One item as VK shows it. `price` in roubles; `stock` -1 is unlimited, None not told."""

    item_id: int
    title: str
    description: str
    price: Decimal | None
    sku: str
    stock: int | None
    # 0 available, 1 removed, 2 unavailable.
    availability: int
    category_id: int | None
    albums: tuple[int, ...]
    # Photo ids, the main one first; empty where the answer was not `extended`.
    photos: tuple[int, ...]
    thumb_url: str
    reject_info: dict[str, Any] | None

    @property
    def visible(self) -> bool | None:
        """Whether a buyer finds it. None where hidden and sold out look the same."""
        if self.availability == 0:
            return True
        return None if self.availability == 2 and self.stock == 0 else False


@dataclass(frozen=True, slots=True)
class MarketAlbum:
    """An album (collection) of items; `count` is VK's own."""

    album_id: int
    title: str
    count: int
    is_main: bool
    is_hidden: bool


def parse_user(data: Any) -> VkUser | None:
    """One of the list that users.get answers with (dev.vk.com/reference/objects/user)."""
    data = _dict(data)
    if (number := _int(data.get("id"))) is None:
        return None
    return VkUser(number, _str(data.get("first_name")), _str(data.get("last_name")))


def parse_group(data: Any) -> Group | None:
    """One of `groups` of groups.getById, asked for with the field `market` (dev.vk.com/reference/objects/group).

    What VK did not tell of the person's rights and of the market is None, not a refusal.
    """
    data = _dict(data)
    if (number := _int(data.get("id"))) is None:
        return None
    market = data.get("market")
    return Group(
        id=number,
        name=_str(data.get("name")),
        screen_name=_str(data.get("screen_name")),
        is_admin=bool(_int(data["is_admin"])) if "is_admin" in data else None,
        admin_level=_int(data.get("admin_level")),
        market_enabled=bool(_int(market.get("enabled"))) if isinstance(market, dict) else None,
        deactivated=_str(data.get("deactivated")),
    )


def parse_item(data: Any) -> MarketItem | None:
    """One of `items` of market.get and getById (dev.vk.com/reference/objects/market-item).

    Prices come as strings in hundredths, and are Decimal roubles here; [] stands for none. Albums and photos are told
    only where `extended` was asked for. `availability` is 0 where VK leaves it out.
    """
    data = _dict(data)
    if (item_id := _int(data.get("id"))) is None:
        return None
    availability = _int(data.get("availability"))
    reject_info = data.get("reject_info")
    return MarketItem(
        item_id=item_id,
        title=_str(data.get("title")),
        description=_str(data.get("description")),
        price=_roubles(_dict(data.get("price")).get("amount")),
        sku=_str(data.get("sku")),
        stock=_int(data.get("stock_amount")),
        availability=0 if availability is None else availability,
        category_id=_int(_dict(data.get("category")).get("id")),
        albums=_ints(data.get("albums_ids")),
        photos=_ints([_dict(photo).get("id") for photo in _list(data.get("photos"))]),
        thumb_url=_thumb(data.get("thumb_photo")),
        reject_info=reject_info if isinstance(reject_info, dict) and reject_info else None,
    )


def parse_album(data: Any) -> MarketAlbum | None:
    """One of `items` of market.getAlbums (dev.vk.com/method/market.getAlbums)."""
    data = _dict(data)
    if (album_id := _int(data.get("id"))) is None:
        return None
    return MarketAlbum(
        album_id=album_id,
        title=_str(data.get("title")),
        count=_int(data.get("count")) or 0,
        is_main=bool(_int(data.get("is_main"))),
        is_hidden=bool(_int(data.get("is_hidden"))),
    )


def parse_categories(data: Any, above: str = "", depth: int = 0) -> Iterator[Category]:
    """The tree of market.getCategories as a list, each parent before its children, at most ten levels deep.

    `above` is the path of the parent. A node without id or name is left out with all below it.
    """
    for raw in _list(data):
        node = _dict(raw)
        number, name = _int(node.get("id")), _str(node.get("name"))
        if number is None or not name:
            continue
        path = f"{above} / {name}" if above else name
        children = _list(node.get("children")) if depth < 10 else []
        yield Category(number, name, path, is_leaf=not children)
        yield from parse_categories(children, path, depth + 1)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _str(value: Any) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return str(value) if type(value) is int else ""


def _int(value: Any) -> int | None:
    """A number that fits a database column; VK's true and false count as 1 and 0."""
    try:
        number = int(value) if isinstance(value, int | str) else None
    except ValueError:
        return None
    return number if number is None or abs(number) < 2**63 else None


def _ints(value: Any) -> tuple[int, ...]:
    return tuple(number for one in _list(value) if (number := _int(one)) is not None)


def _roubles(hundredths: Any) -> Decimal | None:
    """Amounts are strings in hundredths: "1999" is 19.99 (dev.vk.com/reference/objects/market-item)."""
    if isinstance(hundredths, bool) or not isinstance(hundredths, int | str | Decimal):
        return None
    try:
        number = Decimal(hundredths)
    except InvalidOperation:
        return None
    if not number.is_finite() or number.adjusted() > 14:
        return None
    return (number / 100).quantize(Decimal("0.01"))


def _thumb(value: Any) -> str:
    # Newer answers give a list of sizes instead of an address.
    if isinstance(value, list):
        value = next((one.get("url") for one in reversed(value) if isinstance(one, dict)), "")
    return _str(value)[:1000]
