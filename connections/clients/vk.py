"""VK API: a thin, typed list of calls. Form of requests and answers: dev.vk.com/api/api-requests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, Protocol

from evosync.base import clock

from . import errors
from .http import Http, Reply, by_status, require_sendable, retry_after
from .vk_calls import (
    MOST_CALLS,
    Call,
    NotRun,
    Ok,
    Refused,
    Result,
    Unknown,
    add_album,
    add_item,
    add_to_album,
    as_form,
    delete_item,
    edit_album,
    edit_item,
    get_albums,
    get_by_id,
    get_items,
    is_read,
    remove_from_album,
    results,
    save_photo,
    save_photo_bulk,
    script,
    upload_server,
)
from .vk_errors import LOST, TOO_FAST, error_for, execute_error_for
from .vk_objects import (
    Category,
    Group,
    MarketAlbum,
    MarketItem,
    VkUser,
    parse_album,
    parse_categories,
    parse_group,
    parse_item,
    parse_user,
)
from .vk_uploads import send_files

__all__ = [
    "MOST_CALLS",
    "Call",
    "Category",
    "Group",
    "MarketAlbum",
    "MarketItem",
    "NotRun",
    "Ok",
    "Refused",
    "Result",
    "Unknown",
    "VkClient",
    "VkUser",
    "add_album",
    "add_item",
    "add_to_album",
    "delete_item",
    "edit_album",
    "edit_item",
    "get_albums",
    "get_by_id",
    "get_items",
    "parse_album",
    "parse_item",
    "remove_from_album",
    "save_photo",
    "save_photo_bulk",
    "upload_server",
]

# A read whose answer was lost is asked for once more, after so many seconds.
READ_AGAIN_AFTER = 0.5


# How its errors begin, all of them with status 200.
ERROR = re.compile(rb'\s*{\s*"error"\s*:\s*{\s*"error_code"\s*:\s*(\d{1,5})\b')


def outcome(reply: Reply) -> str:
    """How an answer counts in the metrics: as VK's error, else by its status."""
    error = ERROR.match(reply.body)
    return f"error {error[1].decode()}" if error else by_status(reply)


class Pace(Protocol):
    """Who says when the next request may start; see `connections.pacing`."""

    def wait(self) -> None:
        """Come back when a request of this user may start."""

    def hold_back(self, seconds: float) -> None:
        """VK has said "too fast": nobody starts one for so long."""


class VkClient:
    """VK API 5.199 for one user token. Prices in roubles in, Decimal out; ids of items and albums are ints.

    `base_url` stands for https://api.vk.ru, `deadline` is the most that one request takes in seconds, and `pace`
    is asked before each. Writes are never repeated here. `requests` counts the calls to /method/.
    """

    def __init__(
        self,
        token: str,
        *,
        base_url: str,
        version: str = "5.199",
        pace: Pace | None = None,
        deadline: float = 30,
        http: Http | None = None,
    ):
        self._token = token
        self._version = version
        self._pace = pace
        self._http = http or Http(base_url, deadline=deadline, api="vk", outcome=outcome)
        self.requests = 0

    def __repr__(self) -> str:
        return f"VkClient({self._http.base_url}, {self._version})"

    def call(self, method: str, **params: Any) -> Any:
        """One method by itself -> its `response`.

        Raises Throttled (not run), PermanentError and its kinds (refused), OutcomeUnknown (a write without a
        whole answer, or codes 1, 10, 36), TransientError (the same of a read) and BadAnswer (a read that got no
        JSON of VK). Codes: dev.vk.com/reference/errors.
        """
        reads = is_read(method)
        answer = self._answer(method, params, reads)
        if error := answer.get("error"):
            self._refuse(error_for(*self._said(error), method, reads=reads))
        return answer["response"]

    def execute(self, calls: Sequence[Call], until: float | None = None) -> list[Result]:
        """Up to 25 calls in one request -> what came of each, in their order (dev.vk.com/method/execute).

        By `until` (monotonic seconds) it has ended, whatever came of it; where the pace leaves too little time
        for that nothing runs: Throttled, as if VK had said "too fast".
        Raises what is true of them all: Throttled, PermanentError and its kinds and NotSent when nothing of it
        ran; OutcomeUnknown when the answer is lost (TransientError or BadAnswer where every call is a read).
        """
        if not calls:
            return []
        reads = all(call.reads for call in calls)
        answer = self._answer("execute", {"code": script(calls)}, reads, until)
        if error := answer.get("error"):
            self._refuse(execute_error_for(*self._said(error), reads=reads))
        found = results(calls, answer["response"], answer.get("execute_errors"), secret=self._token)
        if found is None:
            raise self._lost("execute", "not as many answers as calls", reads)
        return found

    def users_get(self) -> VkUser:
        """Whose token this is (dev.vk.com/method/users.get). AuthenticationError if no person's."""
        response = self.call("users.get")
        if response == []:
            # What VK says to a community's token, which no market method would take either: each is
            # for a person's token, says its page (dev.vk.com/method/market.get).
            raise errors.CommunityToken(None, "the token belongs to no person", "users.get")
        user = parse_user(response[0]) if isinstance(response, list) else None
        if user is None:
            raise errors.BadAnswer(None, "no user in the answer", "users.get")
        return user

    def group(self, group_id: int) -> Group:
        """The community with the rights of the token's owner in it (dev.vk.com/method/groups.getById).

        Raises NoCommunity where VK knows none of this id.
        """
        method = "groups.getById"
        try:
            response = self.call(method, group_id=group_id, fields=["market"])
        except errors.PermanentError as error:
            # Of a number that is nobody's, VK says 100 as often as 40.
            if error.code == 100:
                raise errors.NoCommunity(error.code, error.message, method) from None
            raise
        # Before 5.139 the answer was the list itself.
        groups = response.get("groups") if isinstance(response, dict) else response
        if not isinstance(groups, list):
            raise errors.BadAnswer(None, "no groups in the answer", method)
        for group in map(parse_group, groups):
            if group and group.id == group_id:
                return group
        raise errors.NoCommunity(None, "no such community in the answer", method)

    def categories(self) -> list[Category]:
        """The whole tree of categories, each parent before its children
        (dev.vk.com/method/market.getCategories)."""
        response = self.call("market.getCategories")
        if not isinstance(response, dict) or not isinstance(response.get("items"), list):
            raise errors.BadAnswer(None, "no categories in the answer", "market.getCategories")
        return list(parse_categories(response["items"]))

    def upload(self, url: str, files: Mapping[str, bytes]) -> str:
        """POST pictures to an upload address -> the host's raw answer, for save_photo
        (dev.vk.com/method/market.saveProductPhoto).

        `files`: field name (`file`, or `file1` … in bulk) -> bytes of a JPEG, PNG or GIF. No token is sent, no
        pace asked. Raises UploadError with VK's text; nothing is lost by trying again with a fresh address.
        """
        return send_files(self._http, url, files, secret=self._token)

    def _answer(
        self, method: str, params: Mapping[str, Any], reads: bool, until: float | None = None
    ) -> dict[str, Any]:
        """VK's envelope: a dict with `response`, or with a well-formed `error`."""
        began = clock.monotonic()
        try:
            return self._ask(method, params, reads, until)
        except (errors.NotSent, errors.Throttled):
            raise
        except errors.TransientError:
            # A read. Often a pooled connection that VK had just closed, or its error 10; one that hung is not repeated.
            if clock.monotonic() - began > self._http.deadline / 2:
                raise
        clock.sleep(READ_AGAIN_AFTER)
        return self._ask(method, params, reads, until)

    def _ask(self, method: str, params: Mapping[str, Any], reads: bool, until: float | None) -> dict[str, Any]:
        form = as_form(params) | {"access_token": require_sendable(self._token, method), "v": self._version}
        if self._pace:
            self._pace.wait()
        deadline = self._time_for_a_call(until, method)
        self.requests += 1
        try:
            reply = self._http.request("POST", f"/method/{method}", data=form, label=method, deadline=deadline)
        except errors.OutcomeUnknown as lost:
            if reads:
                raise errors.TransientError(None, lost.message, method) from None
            raise
        return self._envelope(reply, method, reads)

    def _time_for_a_call(self, until: float | None, method: str) -> float:
        """The seconds that a call may take now. One that could only be cut short is not begun."""
        if until is None:
            return self._http.deadline
        left = min(self._http.deadline, until - clock.monotonic())
        if left < self._http.deadline / 4:
            raise errors.Throttled(TOO_FAST, "its time passed while it waited for its turn", method)
        return left

    def _envelope(self, reply: Reply, method: str, reads: bool) -> dict[str, Any]:
        """Decided by the body: VK says its errors with status 200."""
        try:
            answer = reply.json()
        except ValueError:
            answer = None
        if isinstance(answer, dict):
            error = answer.get("error")
            if isinstance(error, dict) and type(error.get("error_code")) is int:
                if reads and error["error_code"] in LOST:
                    raise errors.TransientError(*self._said(error), method)
                return answer
            if error is None and "response" in answer and reply.status < 400:
                return answer
        if reply.status == 429:
            raise errors.Throttled(429, "too many requests", method, retry_after=retry_after(reply.headers))
        if reply.status >= 500 and reads:
            raise errors.TransientError(reply.status, "the server failed", method)
        raise self._lost(method, f"HTTP {reply.status} without an answer of VK", reads)

    def _lost(self, method: str, why: str, reads: bool) -> errors.ApiError:
        return (errors.BadAnswer if reads else errors.OutcomeUnknown)(None, why, method)

    def _said(self, error: Mapping[str, Any]) -> tuple[int, str]:
        """Code and words of an error; `request_params` beside them echo what we sent, and are left alone."""
        return error["error_code"], errors.redact(error.get("error_msg") or "", self._token)

    def _refuse(self, error: errors.ApiError) -> NoReturn:
        if error.code == TOO_FAST and self._pace:
            self._pace.hold_back(1)
        raise error
