"""The journal: every call that reached an imitation, without tokens, in the order of arrival."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from sandbox.calls import Call

SECRET = {"access_token", "token", "client_secret", "refresh_token"}
VK_READS = {"execute", "users.get", "groups.get", "groups.getById", "groups.getTokenPermissions", "groups.getSettings"}
LONGEST_VALUE = 2000


def is_write(api: str, method: str) -> bool:
    """Whether a call of this method can change the world."""
    if api == "evotor":
        return not method.startswith("GET ")
    verb = method.partition(".")[2]
    return method not in VK_READS and not verb.startswith(("get", "search", "filter"))


class Journal:
    """Entries are dicts, ready for JSON. An entry appears when its call arrives and is completed when it ends."""

    def __init__(self, limit: int = 100_000):
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=limit)
        self._open: dict[int, dict[str, Any]] = {}
        self._last = 0
        self._requests = {"evotor": 0, "vk": 0}

    def open(self, call: Call) -> None:
        with self._lock:
            self._last += 1
            call.n = self._last
            if call.outer is None and call.method != "upload":
                self._requests[call.api] += 1
            entry = {
                "n": call.n,
                "at": call.now.isoformat(),
                "api": call.api,
                "method": call.method,
                "params": _shown(call),
                "outer": call.outer,
                "who": call.who,
                "outcome": "running",
                "committed": False,
            }
            self._open[call.n] = entry
            self._entries.append(entry)

    def committed(self, call: Call) -> None:
        with self._lock:
            if entry := self._open.get(call.n):
                entry["committed"] = True

    def close(self, call: Call, outcome: str) -> None:
        with self._lock:
            if entry := self._open.pop(call.n, None):
                # An execute knows its calls, and whose it is, only after a look inside.
                entry |= {"outcome": outcome, "who": call.who, "params": _shown(call)}

    def calls(self) -> int:
        """The number of the last call: a mark for `writes_since` and `entries`."""
        with self._lock:
            return self._last

    def requests(self, api: str) -> int:
        """How many requests came to the methods of an API; an `execute` is one, uploads are not counted."""
        with self._lock:
            return self._requests[api]

    def entries(self, since: int = 0, api: str | None = None, method: str | None = None) -> list[dict[str, Any]]:
        with self._lock:
            found = []
            for entry in reversed(self._entries):
                if entry["n"] <= since:
                    break
                if api in (None, entry["api"]) and method in (None, entry["method"]):
                    found.append(dict(entry))
        return found[::-1]

    def writes_since(self, mark: int, api: str | None = "vk") -> list[dict[str, Any]]:
        """Calls after the mark that could change the world, refused ones included; `api=None` for all."""
        return [entry for entry in self.entries(mark, api) if is_write(entry["api"], entry["method"])]

    def clear(self) -> None:
        """Forget the entries; numbers go on."""
        with self._lock:
            self._entries.clear()


def _shown(call: Call) -> dict[str, Any]:
    return {key: _short(value) for key, value in call.params.items() if key not in SECRET}


def _short(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        return value[:LONGEST_VALUE] + "…"
    if isinstance(value, list) and len(value) > 100:
        return f"<{len(value)} objects>"
    return value
