"""One HTTP call to an outside API, which either ends in time or is cut off.

It tells apart what matters to a sender: nothing was written (`NotSent`), or something was and no whole answer
came back (`OutcomeUnknown`). It never retries, and follows no redirect.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from evosync.base import clock, metrics

from .deadline import Flight, WatchedAdapter
from .errors import AuthenticationError, NotSent, OutcomeUnknown

USER_AGENT = "EvoSync/2.0"
MEBIBYTE = 1024 * 1024
CHUNK = 64 * 1024
# A number above is no wait in seconds, but a moment.
EPOCH = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, whatever its status."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON: numbers with a point as Decimal, NaN and infinities as None. ValueError if it is none."""
        try:
            return json.loads(self.body, parse_float=Decimal, parse_constant=lambda _name: None)
        except RecursionError:
            raise ValueError("JSON nested too deep") from None


def by_status(reply: Reply) -> str:
    """How an answer counts in the metrics where its API says no more: "200"."""
    return str(reply.status)


class Http:
    """Requests to one base address over pooled connections; safe to share between threads.

    `deadline` bounds a whole call in seconds, connecting and reading the body included; `connect_timeout` bounds the
    wait for a connection inside it. An answer over `max_bytes` (unpacked) is not read to its end.
    `api` is the service's name in the metrics, and `outcome` says by which word a whole answer counts there.
    `verify` is True or the path of a CA bundle. Proxies and .netrc of the environment are not used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connect_timeout: float = 5,
        deadline: float = 30,
        max_bytes: int = 32 * MEBIBYTE,
        verify: bool | str = True,
        api: str = "other",
        outcome: Callable[[Reply], str] = by_status,
    ):
        self.base_url = base_url.rstrip("/")
        self.deadline = deadline
        self.max_bytes = max_bytes
        self._api, self._outcome = api, outcome
        self._timeout = (min(connect_timeout, deadline), deadline)
        self._verify = verify
        self._session = _session()

    def __repr__(self) -> str:
        return f"Http({self.base_url})"

    def request(
        self,
        verb: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        files: Any = None,
        label: str = "",
        deadline: float | None = None,
    ) -> Reply:
        """Make one call; `path` is appended to the base address, or is a whole address (uploads, pictures).

        `label` names the call in errors (default: the path, or the host of a whole address) and in the metrics, so it
        holds no id. An answer of any status is returned; raises NotSent or OutcomeUnknown.
        """
        whole = path.startswith(("http://", "https://"))
        url = path if whole else self.base_url + path
        counted = label or "other"
        # A whole address may hold a key.
        label = label or (urlsplit(url).netloc if whole else path.partition("?")[0])
        began = clock.monotonic()
        outcome = "lost"
        flight = Flight(self.deadline if deadline is None else deadline)
        try:
            with flight, self._open(verb, url, params, data, headers, files) as response:
                reply = Reply(response.status_code, response.headers, self._read(response, flight))
            outcome = self._outcome(reply)
            return reply
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            why = f"no answer within {flight.seconds:g} s" if flight.expired else _why(error)
            if not flight.written:
                outcome = "not_run"
                raise NotSent(None, why, label) from None
            raise OutcomeUnknown(None, why, label) from None
        finally:
            metrics.count_call(self._api, counted, outcome, clock.monotonic() - began)

    def _open(self, verb, url, params, data, headers, files) -> requests.Response:
        return self._session.request(
            verb,
            url,
            params=params,
            data=data,
            headers=headers,
            files=files,
            timeout=self._timeout,
            verify=self._verify,
            allow_redirects=False,
            stream=True,
        )

    def _read(self, response: requests.Response, flight: Flight) -> bytes:
        body = bytearray()
        for chunk in response.raw.stream(CHUNK, decode_content=True):
            body += chunk
            if len(body) > self.max_bytes:
                raise ValueError(f"an answer of more than {self.max_bytes} bytes")
        # A body without a length that was cut at the deadline ends like a whole one.
        if flight.expired:
            raise TimeoutError
        return bytes(body)


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = USER_AGENT
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, WatchedAdapter(max_retries=0))
    return session


def _why(error: BaseException) -> str:
    """The system's or the library's reason in a few words; their full texts hold addresses and parameters."""
    seen = error
    for _depth in range(8):
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        inner = getattr(seen, "reason", None) or seen.__cause__ or seen.__context__
        inner = inner or next((arg for arg in seen.args if isinstance(arg, BaseException)), None)
        if not isinstance(inner, BaseException):
            break
        seen = inner
    return str(error) if type(error) is ValueError else type(seen).__name__


def retry_after(headers: Mapping[str, str], default: float = 1.0) -> float:
    """When to come back, in seconds: `Retry-After`, else `X-RateLimit-Reset`, which is seconds left or an epoch."""
    for name in ("Retry-After", "X-RateLimit-Reset"):
        try:
            seconds = float(headers.get(name) or "")
        except ValueError:
            continue
        if not math.isfinite(seconds):
            continue
        if seconds > EPOCH:
            # Milliseconds since 1970 are as far above seconds as those are above a wait.
            seconds = (seconds / 1000 if seconds > EPOCH * 1000 else seconds) - clock.now().timestamp()
        return max(seconds, 0.0)
    return default


def require_sendable(token: str, method: str = "") -> str:
    """The token, if it can stand in a header: printable ASCII without spaces. Else AuthenticationError."""
    if token and token.isascii() and token.isprintable() and " " not in token:
        return token
    raise AuthenticationError(None, "the token is empty or has characters that no token has", method)
