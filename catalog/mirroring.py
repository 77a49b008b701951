"""Evotor's answers as rows of the mirror: cleaned so that any database takes them, and hashed. Pure."""

import hashlib
import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from operator import attrgetter
from typing import Any

from django.db import models

from connections.clients import evotor
from connections.models import EvotorConnection

from .models import CachedGroup, CachedProduct, CachedStore, SyncFilter

# What no database column takes: NUL, and halves of surrogate pairs that JSON can smuggle in as escapes.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# Part of every hash: a change in how rows are made counts it up, and every row is written anew.
VERSION = 3

STORE_FIELDS = ("account", "name", "address")
GROUP_FIELDS = ("parent_id", "name", "attributes")
PRODUCT_FIELDS = (
    "parent_id",
    "name",
    "type",
    "price",
    "cost_price",
    "quantity",
    "measure_name",
    "allow_to_sell",
    "description",
    "article_number",
    "code",
    "barcodes",
    "attributes_choices",
    "has_alcohol_fields",
    "is_excisable",
    "is_age_limited",
    "updated_at",
)

# Numbers may be written in several ways, and choices in any order: a digest looks at them apart.
_LOOSE = ("price", "cost_price", "quantity", "attributes_choices")
_PLAIN_OF_PRODUCT = attrgetter(*(name for name in PRODUCT_FIELDS if name not in _LOOSE))


def usable_id(evotor_id: Any) -> bool:
    """Whether an id can be kept as it came: cut or cleaned it would name something else."""
    if not isinstance(evotor_id, str) or evotor_id == SyncFilter.UNGROUPED:
        return False
    return 0 < len(evotor_id) <= 64 and evotor_id.isprintable() and " " not in evotor_id


def searchable(*texts: str) -> str:
    """The form in which texts are searched: folded case, ё as е. Queries go through it too."""
    folded = unicodedata.normalize("NFC", " ".join(text for text in texts if text).casefold())
    return folded.replace("ё", "е")


def store_row(connection: EvotorConnection, told: evotor.Store) -> CachedStore:
    """The row of a store, not saved. One without a name goes by its id."""
    row = CachedStore(
        connection=connection,
        evotor_id=told.id,
        account=_text(CachedStore, "account", told.user_id),
        name=_text(CachedStore, "name", told.name) or told.id,
        address=_text(CachedStore, "address", told.address),
    )
    row.hash = digest(told)
    return row


def group_row(store: CachedStore, told: evotor.Group) -> CachedGroup:
    """The row of a group, not saved; the group above it is kept as an id, which may be nobody's."""
    row = CachedGroup(
        store=store,
        evotor_id=told.id,
        parent_id=_text(CachedGroup, "parent_id", told.parent_id),
        name=_text(CachedGroup, "name", told.name),
        attributes=_clean(told.attributes or ()),
    )
    row.search_text = searchable(row.name)
    row.hash = digest(told)
    return row


def product_row(store: CachedStore, told: evotor.Product) -> CachedProduct:
    """The row of a product, not saved. Texts are cut to their columns; a number that fits no column is None, as one
    that Evotor did not tell. Prices in roubles, stock in the product's measure."""
    row = CachedProduct(
        store=store,
        evotor_id=told.id,
        price=_amount("price", told.price, least=0),
        cost_price=_amount("cost_price", told.cost_price),
        quantity=_amount("quantity", told.quantity),
        # Unsaid is not a ban: samples of the API leave the field out.
        allow_to_sell=told.allow_to_sell is not False,
        barcodes=_clean(told.barcodes or ()),
        attributes_choices=_clean(told.attributes_choices or {}),
        has_alcohol_fields=bool(told.has_alcohol_fields),
        is_excisable=bool(told.is_excisable),
        is_age_limited=bool(told.is_age_limited),
        updated_at=told.updated_at,
    )
    for name in ("parent_id", "name", "type", "measure_name", "description", "article_number", "code"):
        setattr(row, name, _text(CachedProduct, name, getattr(told, name)))
    said = searchable(row.name, row.article_number, row.code, *map(str, row.barcodes))
    row.search_text = said[: _length(CachedProduct, "search_text")]
    row.sort_name = searchable(row.name)[: _length(CachedProduct, "sort_name")]
    row.hash = digest(told)
    return row


@cache
def _length(model: type[models.Model], name: str) -> int | None:
    field = model._meta.get_field(name)
    return field.max_length if isinstance(field, models.Field) else None


def plain(text: str) -> str:
    """The text as it came, composed, without what no column takes."""
    return unicodedata.normalize("NFC", UNSTORABLE.sub("", text))


def _text(model: type[models.Model], name: str, value: Any) -> str:
    return "" if value is None else plain(str(value))[: _length(model, name)]


def _clean(value: Any) -> Any:
    """JSON as told, with texts cleaned and numbers that JSON can say."""
    match value:
        case str():
            return plain(value)
        case dict():
            return {plain(str(key)): _clean(item) for key, item in value.items()}
        case list() | tuple():
            return [_clean(item) for item in value]
        case Decimal():
            return str(value)
        case _:
            return value


def address(told: str) -> str:
    """A picture's web address, '' for anything else; a cut one would lead nowhere, so a longer one is none."""
    text = plain(told)
    usable = text.startswith(("http://", "https://")) and text == text[: _length(CachedProduct, "image_url")]
    return text if usable else ""


def _amount(name: str, value: Any, least: int | None = None) -> Decimal | None:
    """The number as the column keeps it, half up; None for what is no such number."""
    field = CachedProduct._meta.get_field(name)
    assert isinstance(field, models.DecimalField)
    if not isinstance(value, Decimal | int) or isinstance(value, bool):
        return None
    number = Decimal(value)
    # Before rounding: quantize refuses what has more digits than the context.
    if not number.is_finite() or abs(number) >= 10 ** (field.max_digits - field.decimal_places):
        return None
    number = number.quantize(Decimal(1).scaleb(-field.decimal_places), ROUND_HALF_UP)
    too_long = len(number.as_tuple().digits) > field.max_digits
    return None if too_long or (least is not None and number < least) else number + 0


def digest(told: evotor.Store | evotor.Group | evotor.Product) -> str:
    """The same for things that make the same row: what an unchanged refresh is known by, before any row is made.

    Texts as they came, since a row of a hundred thousand costs more than its digest; numbers however written.
    """
    said: tuple
    match told:
        case evotor.Product():
            numbers = (told.price, told.cost_price, told.quantity)
            choices = sorted((told.attributes_choices or {}).items())
            said = (_PLAIN_OF_PRODUCT(told), [number and number.normalize() for number in numbers], choices)
        case evotor.Group():
            said = (told.parent_id, told.name, told.attributes)
        case _:
            said = (told.user_id, told.name, told.address)
    return hashlib.blake2b(repr((VERSION, said)).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
