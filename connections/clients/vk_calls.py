"""Calls to VK as data, several of them as one VKScript, and what came of each. Pure.

Parameters and limits: the page of each method, such as dev.vk.com/method/market.add; several in one:
dev.vk.com/method/execute.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .errors import redact
from .vk_errors import INNER_NOT_RUN, LOST, OF_ACCOUNT

# So many calls one `execute` holds, and so many things one answer at most: items and albums of a list, items by id.
MOST_CALLS = 25
MOST_ITEMS, MOST_ALBUMS, MOST_IDS = 200, 100, 100
_METHOD = re.compile(r"[A-Za-z]+\.[A-Za-z]+")
_READ = re.compile(r"[A-Za-z]+\.(?:get|search|filter|resolve)")


@dataclass(frozen=True, slots=True)
class Call:
    """One method with its parameters; plain values, written for VK by `as_form`."""

    method: str
    params: dict[str, Any]

    @property
    def reads(self) -> bool:
        """Whether it changes nothing: `is_read`."""
        return is_read(self.method)


@dataclass(frozen=True, slots=True)
class Ok:
    """Done; VK's answer, which may be 0 or empty."""

    value: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """Not done, and would be refused again as it stands."""

    code: int
    message: str

    @property
    def of_account(self) -> bool:
        """Not about this item: rights, token or the market itself."""
        return self.code in OF_ACCOUNT


@dataclass(frozen=True, slots=True)
class NotRun:
    """Not tried: send it again later. `code` is None where no answer of VK says so."""

    code: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Perhaps done. An absolute call is sent again; an add is looked for first."""

    code: int | None
    message: str


Result = Ok | Refused | NotRun | Unknown


def is_read(method: str) -> bool:
    """Whether a method changes nothing, so that a lost answer can simply be asked for again."""
    return bool(_READ.match(method))


def as_form(params: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as VK reads them: lists with commas, booleans 0 and 1, Decimal without exponent; None is left out."""
    return {name: _text(value) for name, value in params.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | tuple):
        return ",".join(_text(one) for one in value)
    # Half of a surrogate pair, which JSON can carry, has no place in UTF-8.
    return str(value).encode("utf-8", "replace").decode()


def script(calls: Sequence[Call]) -> str:
    """VKScript that makes the calls in order and returns their answers as a list. At most 25 calls."""
    if not 0 < len(calls) <= MOST_CALLS:
        raise ValueError(f"an execute holds 1 to {MOST_CALLS} calls, not {len(calls)}")
    return f"return [{', '.join(_line(call) for call in calls)}];"


def _line(call: Call) -> str:
    if not _METHOD.fullmatch(call.method):
        raise ValueError(f"not a method: {call.method!r}")
    # Every value is a string, as in a form: what VKScript does to long numbers is written nowhere.
    text = json.dumps(as_form(call.params), ensure_ascii=False)
    # These two end a line inside a string for older JavaScript grammars.
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"API.{call.method}({text})"


def results(calls: Sequence[Call], response: Any, execute_errors: Any, secret: str = "") -> list[Result] | None:
    """What came of each call, from `response` and `execute_errors` of an `execute`; None if it is no answer to them.

    `false` alone is a failure: 0, [] and {} are answers. The k-th `false` belongs to the k-th error only if
    counts and method names agree; else nobody knows which failed how, and every `false` is Unknown.
    `secret` is blotted out of VK's words.
    """
    if not isinstance(response, list) or len(response) != len(calls):
        return None
    failed = [place for place, value in enumerate(response) if value is False]
    reasons = _reasons([calls[place].method for place in failed], execute_errors, secret)
    return [reasons.pop(0) if value is False else Ok(value) for value in response]


def _reasons(methods: list[str], execute_errors: Any, secret: str) -> list[Result]:
    found = execute_errors if isinstance(execute_errors, list) else []
    agree = len(found) == len(methods) and all(
        isinstance(error, dict) and error.get("method") == method and type(error.get("error_code")) is int
        for error, method in zip(found, methods, strict=True)
    )
    if not agree:
        return [Unknown(None, "VK did not say which call failed how") for _method in methods]
    return [_outcome(error["error_code"], redact(error.get("error_msg") or "", secret)) for error in found]


def _outcome(code: int, message: str) -> Result:
    if code in INNER_NOT_RUN:
        return NotRun(code, message)
    if code in LOST:
        return Unknown(code, message)
    return Refused(code, message)


# Builders of calls. `owner_id` is the community's id, negative; `group_id` the same, positive.


def add_item(owner_id: int, **fields: Any) -> Call:
    """market.add: name, description, category_id, price (roubles, Decimal), main_photo_id, sku, stock_amount,
    deleted … -> {market_item_id}. Not absolute: a lost answer may have made an item."""
    return Call("market.add", {"owner_id": owner_id, **fields})


def edit_item(owner_id: int, item_id: int, **fields: Any) -> Call:
    """market.edit of the fields given, the others stay -> 1. `deleted=True` hides, `False` shows."""
    return Call("market.edit", {"owner_id": owner_id, "item_id": item_id, **fields})


def delete_item(owner_id: int, item_id: int) -> Call:
    """market.delete -> 1; 1403 if there is no such item."""
    return Call("market.delete", {"owner_id": owner_id, "item_id": item_id})


def get_items(owner_id: int, offset: int, count: int = MOST_ITEMS) -> Call:
    """market.get, hidden items and album membership included -> {count, items}. At most MOST_ITEMS a page."""
    params = {"owner_id": owner_id, "offset": offset, "count": count, "extended": True, "with_disabled": True}
    return Call("market.get", params)


def get_by_id(owner_id: int, item_ids: Iterable[int]) -> Call:
    """market.getById -> {count, items}; unknown ids are left out. At most MOST_IDS."""
    names = [f"{owner_id}_{item_id}" for item_id in item_ids]
    return Call("market.getById", {"item_ids": names, "extended": True})


def get_albums(owner_id: int, offset: int, count: int = MOST_ALBUMS) -> Call:
    """market.getAlbums -> {count, items}. At most MOST_ALBUMS a page."""
    return Call("market.getAlbums", {"owner_id": owner_id, "offset": offset, "count": count})


def add_album(owner_id: int, title: str) -> Call:
    """market.addAlbum, title up to 128 -> {market_album_id}. Not absolute, like an add."""
    return Call("market.addAlbum", {"owner_id": owner_id, "title": title})


def edit_album(owner_id: int, album_id: int, title: str) -> Call:
    """market.editAlbum -> 1; 1402 if there is no such album."""
    return Call("market.editAlbum", {"owner_id": owner_id, "album_id": album_id, "title": title})


def add_to_album(owner_id: int, item_ids: Iterable[int], album_ids: Iterable[int]) -> Call:
    """market.addToAlbum -> 1; 1404 if all of it is there already."""
    return Call("market.addToAlbum", {"owner_id": owner_id, "item_ids": [*item_ids], "album_ids": [*album_ids]})


def remove_from_album(owner_id: int, item_id: int, album_ids: Iterable[int]) -> Call:
    """market.removeFromAlbum of one item -> 1."""
    return Call("market.removeFromAlbum", {"owner_id": owner_id, "item_id": item_id, "album_ids": [*album_ids]})


def upload_server(group_id: int, bulk: bool = False) -> Call:
    """market.getProductPhotoUploadServer -> {upload_url}, for one upload."""
    return Call("market.getProductPhotoUploadServer", {"group_id": group_id} | ({"bulk": True} if bulk else {}))


def save_photo(upload_response: str) -> Call:
    """market.saveProductPhoto of the upload host's raw answer -> {photo_id}."""
    return Call("market.saveProductPhoto", {"upload_response": upload_response})


def save_photo_bulk(upload_response: str) -> Call:
    """market.saveProductPhotoBulk of the upload host's raw answer -> [{photo_id}, …]."""
    return Call("market.saveProductPhotoBulk", {"upload_response": upload_response})
