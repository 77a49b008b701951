"""Evotor's stores, groups and products as plain data. Pure.

Fields: developer.evotor.ru/docs/rest_stores.html and rest_api_get_store_products.html. All but id and name may be
missing: None then, never a default, since what Evotor did not tell and what it told to be zero or empty are two
things.

Every `parse_…` takes one entry of a list as JSON gave it, numbers with a point as Decimal, and answers None for what is
no such thing: no object, or one without id or name. A field of another kind than it should be is None too. Nothing is
raised: one odd product does not stop a catalog.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

# Digits before the point; more is no price and no stock, and would fit no column.
MOST_DIGITS = 12
_NUMBERS = (Decimal, int, str)


@dataclass(frozen=True, slots=True)
class Store:
    """A shop of the account. Its id is a GUID in capitals."""

    id: str
    name: str | None
    address: str | None
    user_id: str | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """A product group; `attributes` (id, name, choices) make it a modification group."""

    id: str
    name: str
    parent_id: str | None
    attributes: tuple[dict[str, Any], ...] | None
    updated_at: datetime | None


# Not frozen: to make a frozen one takes four times as long, and a reading makes a hundred thousand.
@dataclass(slots=True)
class Product:
    """A product of one store. Prices in roubles as Decimal; `quantity` may be negative or a fraction."""

    id: str
    name: str
    type: str | None
    parent_id: str | None
    price: Decimal | None
    cost_price: Decimal | None
    quantity: Decimal | None
    measure_name: str | None
    tax: str | None
    allow_to_sell: bool | None
    description: str | None
    article_number: str | None
    code: str | None
    barcodes: tuple[str, ...] | None
    # Attribute id -> choice id: a modification.
    attributes_choices: dict[str, str] | None
    alcocodes: tuple[str, ...] | None
    alcohol_by_volume: Decimal | None
    alcohol_product_kind_code: str | None
    tare_volume: Decimal | None
    is_excisable: bool | None
    is_age_limited: bool | None
    classification_code: str | None
    quantity_in_package: Decimal | None
    updated_at: datetime | None

    @property
    def has_alcohol_fields(self) -> bool:
        """Whether anything about alcohol was told: enough to keep it off a showcase, whatever its type says."""
        return bool(self.alcocodes or self.alcohol_by_volume or self.alcohol_product_kind_code or self.tare_volume)


def parse_store(data: Any) -> Store | None:
    """An entry of GET /stores. Alone of the three it needs no name: a store without one is a store."""
    if not isinstance(data, dict) or not (store_id := _text(data.get("id"))):
        return None
    return Store(
        id=store_id,
        name=_text(data.get("name")),
        address=_text(data.get("address")),
        user_id=_text(data.get("user_id")),
        updated_at=_moment(data.get("updated_at")),
    )


def parse_group(data: Any) -> Group | None:
    """An entry of GET /stores/{id}/product-groups. Its `parent_id` may name a group that is not there."""
    if not isinstance(data, dict) or not (named := _named(data)):
        return None
    attributes = data.get("attributes")
    return Group(
        *named,
        parent_id=_text(data.get("parent_id")),
        attributes=tuple(one for one in attributes if isinstance(one, dict)) if isinstance(attributes, list) else None,
        updated_at=_moment(data.get("updated_at")),
    )


def parse_product(data: Any) -> Product | None:
    """An entry of GET /stores/{id}/products, or the answer about one product.

    `quantity` comes only to applications with the right to stock; a price of 0 can mean that there is none.
    """
    if not isinstance(data, dict) or not (named := _named(data)):
        return None
    get = data.get
    choices = get("attributes_choices")
    return Product(
        *named,
        type=_text(get("type")),
        parent_id=_text(get("parent_id")),
        price=_decimal(get("price")),
        cost_price=_decimal(get("cost_price")),
        quantity=_decimal(get("quantity")),
        measure_name=_text(get("measure_name")),
        tax=_text(get("tax")),
        allow_to_sell=_bool(get("allow_to_sell")),
        description=_text(get("description")),
        article_number=_text(get("article_number")),
        code=_text(get("code")),
        barcodes=_texts(get("barcodes")),
        attributes_choices={_text(key) or "": _text(value) or "" for key, value in choices.items()}
        if isinstance(choices, dict)
        else None,
        alcocodes=_texts(get("alcocodes")),
        alcohol_by_volume=_decimal(get("alcohol_by_volume")),
        alcohol_product_kind_code=_text(get("alcohol_product_kind_code")),
        tare_volume=_decimal(get("tare_volume")),
        is_excisable=_bool(get("is_excisable")),
        is_age_limited=_bool(get("is_age_limited")),
        classification_code=_text(get("classification_code")),
        quantity_in_package=_decimal(get("quantity_in_package")),
        updated_at=_moment(get("updated_at")),
    )


def _named(data: dict[str, Any]) -> tuple[str, str] | None:
    thing_id, name = _text(data.get("id")), _text(data.get("name"))
    return (thing_id, name) if thing_id and name and name.strip() else None


def _text(value: Any) -> str | None:
    """Text, or a number that some tills send in its place."""
    if type(value) is str and value.isprintable():
        # Nearly all of them: no half of a pair and no NUL is printable.
        return value
    if value is None:
        return None
    if type(value) is int or isinstance(value, Decimal):
        return str(value)
    if not isinstance(value, str):
        return None
    # Half of a surrogate pair can stand in JSON, but in no column; neither can NUL in every database.
    return value.encode("utf-8", "replace").decode().replace("\0", "")


def _texts(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(text for one in value if (text := _text(one)))


def _bool(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _decimal(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool) or not isinstance(value, _NUMBERS):
        return None
    if type(value) is int and -(10**MOST_DIGITS) < value < 10**MOST_DIGITS:
        return Decimal(value)
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or (number and not -MOST_DIGITS < number.adjusted() < MOST_DIGITS):
        return None
    return number


def _moment(value: Any) -> datetime | None:
    """`2018-09-11T16:18:35.397+0000`; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
