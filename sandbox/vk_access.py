"""Who may ask VK for what: tokens and their rights, the pace, and roles in a community."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.calls import Call
from sandbox.vk_errors import Params, VkError
from sandbox.vk_state import EDITOR, Community, Token
from sandbox.worldly import World

# Methods that a community token may call; `execute` is let through, its inner calls are judged one by one.
FOR_COMMUNITIES = {"execute", "users.get", "groups.getById", "groups.getTokenPermissions"}
NO_SCOPE = {"users.get", "groups.getById", "groups.getTokenPermissions"}


@dataclass(slots=True)
class Caller:
    """Who calls, and when."""

    token: Token
    now: datetime

    @property
    def who(self) -> str:
        return str(self.token.user_id or -self.token.group_id)


class VkAccess(World):
    """Part of `VkWorld`."""

    groups: dict[int, Community]
    tokens: dict[str, Token]
    _paces: dict[str, deque[datetime]]
    _pace_lock: threading.Lock

    def _authorised(self, params: dict[str, Any], now: datetime, call: Call) -> Caller:
        """Whose request it is, by a token that lives and keeps the pace."""
        if not str(params.get("v", "")).strip():
            raise VkError(self.switches["version_missing_code"], "v (version) is required")
        token = self.tokens.get(str(params.get("access_token", "")))
        if token is None or token.revoked:
            given = params.get("access_token")
            raise VkError(5, "invalid access_token (4)." if given else "no access_token passed.")
        if token.expired(now):
            raise VkError(5, "access_token has expired.")
        caller = Caller(token, now)
        call.who = caller.who
        self._pace(caller, now)
        return caller

    def _pace(self, caller: Caller, now: datetime) -> None:
        """All tokens of one user share a sliding second; a refused request does not count."""
        if not self.switches["rate_limit"]:
            return
        community = caller.token.kind == "community"
        most = self.switches["rate_per_second_community" if community else "rate_per_second"]
        with self._pace_lock:
            recent = self._paces.setdefault(caller.who, deque())
            while recent and recent[0] <= now - timedelta(seconds=1):
                recent.popleft()
            if len(recent) >= most:
                raise VkError(6)
            recent.append(now)

    def _allow(self, method: str, caller: Caller) -> None:
        """Is this method open to such a token, with the rights that it has?"""
        token = caller.token
        if token.kind == "community":
            if method not in FOR_COMMUNITIES:
                raise VkError(27, "method is unavailable with group auth.")
            return
        section = method.partition(".")[0]
        if method not in NO_SCOPE and section not in token.scopes:
            raise VkError(15, error_subcode=1133)

    def community(self, caller: Caller, group_id: int, *, write: bool = True, code: int = 205) -> Community:
        """The community of a call, if its market is on and, to write, the caller may."""
        group = self.groups.get(group_id)
        if group is None:
            raise VkError(40)
        if write and group.level(caller.token.user_id) < EDITOR:
            raise VkError(code)
        if not group.info["market_enabled"]:
            raise VkError(1438)
        return group

    def owner(self, caller: Caller, params: Params, *, write: bool = True) -> Community:
        """The community named by a negative `owner_id`."""
        owner_id = params.integer("owner_id", least=-(10**12), required=True)
        if owner_id >= 0:
            raise VkError(100, "owner_id: only groups supported")
        return self.community(caller, -owner_id, write=write)
