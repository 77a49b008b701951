"""VK API 5.199 as far as a market needs it: one request, `execute`, the table of methods, and what is kept."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sandbox import vk_albums, vk_execute, vk_groups, vk_market, vk_photos, vk_reads, vk_variants
from sandbox.calls import Call, Injected, Lost, NoHook, Upload
from sandbox.vk_access import Caller, VkAccess
from sandbox.vk_categories import CategoryTree
from sandbox.vk_doors import VkDoors
from sandbox.vk_errors import Params, VkError, injected
from sandbox.vk_state import Community, Token
from sandbox.vk_switches import SWITCHES

Method = Callable[["VkWorld", "Caller", Params], Any]
METHODS: dict[str, Method] = {
    **vk_market.METHODS,
    **vk_reads.METHODS,
    **vk_albums.METHODS,
    **vk_photos.METHODS,
    **vk_groups.METHODS,
    **vk_variants.METHODS,
}


class VkWorld(VkAccess, VkDoors):
    """VK's users, communities and their markets. `handle` answers with VK's JSON envelope or raises `Lost`."""

    api = "vk"

    def __init__(self, hook=None):
        super().__init__(hook or NoHook(), dict(SWITCHES))
        self.tokens: dict[str, Token] = {}
        self.users: dict[int, dict[str, Any]] = {}
        self.groups: dict[int, Community] = {}
        self.uploads: dict[str, dict[str, Any]] = {}
        self.counters = {"item": 7_100_000, "album": 1, "photo": 457_239_000, "property": 1, "variant": 1}
        self.adds: dict[int, deque[float]] = {}
        self.categories = CategoryTree()
        self.pictures: Any = {}
        self.base_url = "http://vk.sandbox/vk"
        self._paces: dict[str, deque[datetime]] = {}
        self._pace_lock = threading.Lock()

    # -- the door ------------------------------------------------------------------------------------------

    def handle(self, method: str, params: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Answer one request: "market.add", "execute", or "upload" for the upload host.

        Parameters are those of the form, `access_token` and `v` among them; an upload has `key` and
        `files`, a list of `Upload`. Raises `Lost` when a fault keeps the answer from the client.
        """
        self.seen(now)
        if method == "upload":
            return self._upload(params, now)
        call = Call(self.api, method, _journaled(method, params), now)
        self.hook.open(call)
        outcome = "ok"
        try:
            if method != "execute" and method not in METHODS:
                raise VkError(3, method)
            caller = self._authorised(params, now, call)
            if method == "execute":
                return self._execute(caller, call, str(params.get("code", "")))
            return {"response": self._run(call, caller, params)}
        except VkError as error:
            outcome = f"error {error.code}"
            return {"error": _envelope(error, method, params)}
        except Lost as lost:
            outcome = f"lost: {lost.kind}"
            if lost.answer is not None and method != "execute":
                lost.answer = {"response": lost.answer}
            raise
        finally:
            self.hook.close(call, outcome)

    def _run(self, call: Call, caller: Caller, params: dict[str, Any]) -> Any:
        """One method, outer or inner: hook, commit under the lock, hook."""
        try:
            self.hook.before(call)
            self._allow(call.method, caller)
            with self.lock:
                answer = METHODS[call.method](self, caller, Params(params))
                self.changed(call.method)
            self.hook.committed(call)
            return self.hook.after(call, answer)
        except Injected as fault:
            raise injected(fault.code, fault.message) from None

    def _execute(self, caller: Caller, call: Call, code: str) -> dict[str, Any]:
        try:
            self.hook.before(call)
            try:
                calls, many = vk_execute.parse(code)
            except vk_execute.CompileError as error:
                raise VkError(12, str(error)) from None
            call.params = {"calls": len(calls)}
            if len(calls) > vk_execute.MOST_CALLS:
                raise VkError(13, "too many api calls")
            answers: list[Any] = []
            errors: list[dict[str, Any]] = []
            for method, params in calls:
                answers.append(self._inner(caller, call, method, params, answers, errors))
            most = self.switches["execute_bytes"]
            if most and len(json.dumps(answers, ensure_ascii=False).encode()) > most:
                raise VkError(13, "response size is too big")
            self.hook.committed(call)
            envelope: dict[str, Any] = {"response": answers if many else answers[0]}
            if errors:
                envelope["execute_errors"] = errors
            return self.hook.after(call, envelope)
        except Injected as fault:
            raise injected(fault.code, fault.message) from None

    def _inner(self, caller: Caller, outer: Call, method: str, params: dict, answers: list, errors: list) -> Any:
        call = Call(self.api, method, _journaled(method, params), outer.now, outer=outer.n, who=outer.who)
        self.hook.open(call)
        outcome = "ok"
        try:
            if method not in METHODS:
                raise VkError(3, method)
            return self._run(call, caller, params)
        except VkError as error:
            outcome = f"error {error.code}"
            errors.append({"method": method, "error_code": error.code, "error_msg": error.message})
            return False
        except Lost as lost:
            outcome = f"lost: {lost.kind}"
            # Whatever was ready goes with the whole answer.
            ready = [] if lost.answer is None else [lost.answer]
            raise Lost(lost.kind, lost.code, {"response": [*answers, *ready]}) from None
        finally:
            self.hook.close(call, outcome)

    def _upload(self, params: dict[str, Any], now: datetime) -> dict[str, Any]:
        files: list[Upload] = params.get("files", [])
        sizes = {file.field: f"<{len(file.data)} bytes>" for file in files}
        call = Call(self.api, "upload", {"key": params.get("key", "")} | sizes, now)
        upload = self.uploads.get(str(params.get("key", "")))
        call.who = str(upload["user_id"]) if upload else ""
        self.hook.open(call)
        outcome = "ok"
        try:
            self.hook.before(call)
            # Decoding is slow and touches nothing shared: outside the lock.
            looked = vk_photos.look_at(files)
            with self.lock:
                answer = vk_photos.receive(self, str(params.get("key", "")), looked, now)
                self.changed("upload")
            if "error" in answer:
                outcome = str(answer["error"])
                return answer
            self.hook.committed(call)
            return self.hook.after(call, answer)
        except Injected as fault:
            outcome = "ERR_UPLOAD"
            return {"error": fault.message or f"ERR_UPLOAD_UNKNOWN: {fault.code}"}
        except Lost as lost:
            outcome = f"lost: {lost.kind}"
            raise
        finally:
            self.hook.close(call, outcome)

    # -- of a community ----------------------------------------------------------------------------------------

    def extended(self, group: Community) -> bool:
        """Whether a community has the extended market with variants."""
        return self.switches["extended_market"] or group.info["market_type"] == "advanced"

    def next_id(self, kind: str) -> int:
        self.counters[kind] += 1
        return self.counters[kind]

    # -- switches and tables ---------------------------------------------------------------------------------

    def switched(self, name: str) -> None:
        if name == "read_delay_seconds":
            for group in self.groups.values():
                group.remember = timedelta(seconds=self.switches[name])
                group.forget()

    def rows(self):
        yield "vk.counters", dict(self.counters)
        yield "vk.switches", dict(self.switches)
        for key, token in list(self.tokens.items()):
            yield "vk.token", {"token": key} | asdict(token)
        for user in list(self.users.values()):
            yield "vk.user", user
        for key, row in list(self.uploads.items()):
            yield "vk.upload", {"key": key} | row
        for group in list(self.groups.values()):
            yield "vk.group", group.info
            for table, row in group.rows():
                yield f"vk.{table}", {"group_id": group.id} | row

    def take(self, kind: str, row: dict[str, Any]) -> None:
        """Put back one saved row."""
        if kind == "vk.counters":
            self.counters |= row
        elif kind == "vk.switches":
            self.switches |= {name: value for name, value in row.items() if name in self.switches}
        elif kind == "vk.token":
            token = row.pop("token")
            self.tokens[token] = Token(**row)
        elif kind == "vk.user":
            self.users[row["id"]] = row
        elif kind == "vk.upload":
            key = row.pop("key")
            self.uploads[key] = row
        elif kind == "vk.group":
            self.groups[row["id"]] = Community(**row)
        else:
            group = self.groups[row.pop("group_id")]
            group.put(kind.removeprefix("vk."), row["id"], row)


def _journaled(method: str, params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name not in ("access_token", "v", "code")}


def _envelope(error: VkError, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """VK echoes what it was asked, the token left out."""
    shown = {"method": method, "oauth": "1"} | {
        name: value for name, value in params.items() if name not in ("access_token", "code")
    }
    return {
        "error_code": error.code,
        "error_msg": error.message,
        **error.extra,
        "request_params": [{"key": key, "value": str(value)} for key, value in shown.items()],
    }
