"""Small things that all parts of the Evotor imitation share: answers, refusals, routes, times, cursors."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

ALL_SCOPES = (
    "store:read",
    "device:read",
    "employee:read",
    "document:read",
    "product:read",
    "product:write",
    "product.quantity:read",
    "product.quantity:write",
    "product-group:read",
    "product-group:write",
    "product-image:read",
    "product-image:write",
)


@dataclass(slots=True)
class Answer:
    """An HTTP answer before it is bytes; a body of None is no body."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A status other than 2xx."""

    def __init__(self, status: int, body: Any = None, headers: dict[str, str] | None = None):
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}


def invalid(message: str, *violations: tuple[str, str], code: str = "validation_failed") -> Refused:
    """400 with what is wrong with which field: pairs of subject and reason."""
    found = [{"reason": reason, "subject": subject} for subject, reason in violations]
    return Refused(400, {"code": code, "message": message, "violations": found})


@dataclass(slots=True)
class Request:
    """One authorised request: who, path values, query and body."""

    account: Any
    path: dict[str, str]
    params: dict[str, Any]
    now: datetime

    @property
    def store(self) -> str:
        return self.path["store"]


@dataclass(slots=True)
class Route:
    """A path such as `/stores/{store}/products` under one verb."""

    verb: str
    path: str
    scope: str
    run: Callable[[Any, Request], Answer]
    _pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        self._pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + "/?")

    def match(self, path: str) -> dict[str, str] | None:
        found = self._pattern.fullmatch(path)
        return found.groupdict() if found else None


def stamp(moment: datetime) -> str:
    """`2018-09-11T16:18:35.397+0000`, as the cloud writes times."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"


def millis(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def new_uuid() -> str:
    return str(uuid.uuid4())


def number(value: Any) -> int | float:
    """A JSON number for storing: whole ones as int."""
    exact = Decimal(str(value))
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def cursor_of(series: list[Any]) -> str:
    """An opaque cursor that tells a forged or foreign one from its own."""
    text = json.dumps(series, ensure_ascii=False)
    return base64.urlsafe_b64encode(f"{_seal(text)}{text}".encode()).decode()


def read_cursor(cursor: str) -> list[Any]:
    try:
        text = base64.urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        raise invalid("cursor is invalid", ("cursor", "invalid")) from None
    if text[:12] != _seal(text[12:]):
        raise invalid("cursor is invalid", ("cursor", "invalid"))
    return json.loads(text[12:])


def _seal(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6, key=b"evotor-sandbox").hexdigest()
