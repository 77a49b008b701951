"""What every imitation shares: one method call as the hook sees it, and the ways its answer can go wrong."""

from __future__ import annotations

import dataclasses
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Call:
    """One method call, outer or inside an `execute`."""

    api: str
    method: str
    params: dict[str, Any]
    now: datetime
    outer: int | None = None
    who: str = ""
    n: int = 0


class Injected(Exception):
    """A fault asks the API itself to refuse: a VK error code, or an HTTP status of Evotor."""

    def __init__(self, code: int, message: str | None = None):
        super().__init__(code, message)
        self.code = code
        self.message = message


class Lost(Exception):
    """The answer does not reach the client as it should; the HTTP shell acts it out.

    `kind` is http, timeout, reset, cut, html or drop; `code` is the status of kind http;
    `answer` is the whole answer where one was ready (the cut body is its first half).
    """

    def __init__(self, kind: str, code: int = 0, answer: Any = None):
        super().__init__(kind, code)
        self.kind = kind
        self.code = code
        self.answer = answer


@dataclass(slots=True)
class Upload:
    """A file of a multipart form."""

    field: str
    name: str
    data: bytes = dataclasses.field(repr=False, default=b"")


class NoHook:
    """Nothing is recorded and nothing goes wrong."""

    def open(self, call: Call) -> None: ...

    def before(self, call: Call) -> None: ...

    def committed(self, call: Call) -> None: ...

    def after(self, call: Call, answer: Any) -> Any:
        return answer

    def close(self, call: Call, outcome: str) -> None: ...


def unguessable() -> str:
    """An id for tokens and addresses that nobody should guess; the only randomness of the worlds."""
    return secrets.token_hex(16)
