"""Evotor Cloud API v2: the catalog of a till, read only (developer.evotor.ru/docs/rest_overview.html)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from evosync.base import clock

from . import errors
from .evotor_objects import Group, Product, Store, parse_group, parse_product, parse_store
from .http import Http, Reply, require_sendable, retry_after

__all__ = ["EvotorClient", "Group", "Page", "Product", "Store"]

ACCEPT = "application/vnd.evotor.v2+json"
# Pauses before the second, third and fourth try of a read, in seconds, where Evotor names none.
PAUSES = (0.5, 1.5, 4.0)
# What one question about a product's pictures may take, in seconds.
IMAGES_DEADLINE = 5.0

REFUSALS: Mapping[int, type[errors.PermanentError]] = {
    401: errors.AuthenticationError,
    402: errors.NotInstalled,
    403: errors.AccessDenied,
    404: errors.NotFound,
}


@dataclass(frozen=True, slots=True)
class Page[Thing]:
    """Some of a list. `last` only when Evotor's paging was empty: then, and only then, the list is complete.

    `broken` counts what stood in the list and was no thing of its kind (no id or no name).
    """

    items: tuple[Thing, ...]
    last: bool
    broken: int = 0


# Of up to 1000 things each: no shop is larger.
MOST_PAGES = 10_000


class EvotorClient:
    """Evotor Cloud API v2 for one token. Prices are Decimal roubles, ids strings as they came, times aware UTC.

    `base_url` stands for https://api.evotor.ru. Every call is a read: what failed by the way is tried `tries`
    times in all, as long as `patience` seconds have not passed, then raised. Errors of all methods:
    AuthenticationError (401), NotInstalled (402, of one store), AccessDenied (403), NotFound (404), Throttled (429),
    TransientError (5xx, no answer), NotSent (no connection), BadAnswer (no JSON of Evotor), PermanentError (any
    other status). `requests` counts calls.
    A 429 that asks for more than `longest_pause` seconds is raised at once: the caller may have better to do.
    """

    def __init__(
        self,
        token: str,
        *,
        base_url: str,
        http: Http | None = None,
        tries: int = 4,
        longest_pause: float = 30,
        deadline: float = 30,
        patience: float = 45,
    ):
        self._token = token
        self._http = http or Http(base_url, deadline=deadline, api="evotor")
        self._tries = tries
        self._longest_pause = longest_pause
        self._patience = patience
        self.requests = 0
        # What is left of Evotor's allowance of requests as last told, 0 to 1; None where it tells nothing.
        self.allowance_left: float | None = None
        # With the slash that ends it, so that no other host begins like it, however the address is read.
        api = urlsplit(base_url)
        self._home = f"{api.scheme}://{api.netloc}/"

    def __repr__(self) -> str:
        return f"EvotorClient({self._http.base_url})"

    def stores(self) -> Iterator[Store]:
        """All stores of the account, GET /stores; none for a user without terminals. Proves a token
        (developer.evotor.ru/docs/rest_stores.html)."""
        for page in self._pages("/stores", "stores", parse_store):
            yield from page.items

    def groups(self, store_id: str) -> Iterator[Page[Group]]:
        """The product groups of a store, page by page, GET /stores/{id}/product-groups. In no order: a child may come
        before its parent. Raises as all methods do, also half-way; only a page with `last` makes the list whole."""
        return self._pages(f"/stores/{_in_path(store_id)}/product-groups", "product-groups", parse_group)

    def products(self, store_id: str) -> Iterator[Page[Product]]:
        """The products of a store, page by page, GET /stores/{id}/products. Raises as all methods do, also half-way.
        Evotor tells no deletions: a product is gone when a whole list lacks it.

        Source: developer.evotor.ru/docs/rest_api_get_store_products.html."""
        return self._pages(f"/stores/{_in_path(store_id)}/products", "products", parse_product)

    def product(self, store_id: str, product_id: str) -> Product:
        """One product, GET /stores/{id}/products/{id}. NotFound proves that it is gone."""
        path = f"/stores/{_in_path(store_id)}/products/{_in_path(product_id)}"
        return self._ask(path, "product", {}, _product)

    def image_urls(self, store_id: str, product_id: str) -> list[str]:
        """Addresses of a product's pictures, at most one so far. Few applications have the right: be ready for 403.

        Asked once and for a short time: whoever asks about hundreds of products has no time to wait for one.
        """
        path = f"/stores/{_in_path(store_id)}/products/{_in_path(product_id)}/images"
        items, _cursor = self._ask(path, "images", {}, _listed, tries=1, deadline=IMAGES_DEADLINE)
        return [item["url"] for item in items if isinstance(item, dict) and isinstance(item.get("url"), str)]

    def image(self, url: str) -> bytes:
        """The bytes of a picture, at most 5 MiB by Evotor's rules.

        The token, if there is one, goes to Evotor's own API alone; redirects are not followed, so it goes no further.
        """
        if not url.startswith(("http://", "https://")):
            raise errors.PermanentError(None, "the picture's address is no web address", "image")
        headers = self._authorization("image") if self._token and url.startswith(self._home) else {}
        return self._patiently(lambda: self._get(url, "image", {}, headers)).body

    def _authorization(self, label: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {require_sendable(self._token, label)}"}

    def _pages[Thing](self, path: str, label: str, parse: Callable[[Any], Thing | None]) -> Iterator[Page[Thing]]:
        cursor = ""
        seen: set[str] = set()
        while len(seen) < MOST_PAGES:
            items, cursor = self._ask(path, label, {"cursor": cursor} if cursor else {}, _listed)
            parsed = [parse(item) for item in items]
            found = tuple(one for one in parsed if one is not None)
            if cursor in seen:
                raise errors.BadAnswer(None, "the list turns in a circle: a cursor came twice", label)
            yield Page(found, last=not cursor, broken=len(items) - len(found))
            if not cursor:
                return
            seen.add(cursor)
        raise errors.BadAnswer(None, "the list has no end", label)

    def _ask[Thing](
        self,
        path: str,
        label: str,
        params: Mapping[str, str],
        read: Callable[[Any], Thing],
        *,
        tries: int | None = None,
        deadline: float | None = None,
    ) -> Thing:
        """GET, as JSON, as what `read` makes of it; a ValueError of either is a bad answer, and asked again."""
        headers = {"Accept": ACCEPT} | self._authorization(label)

        def once() -> Thing:
            reply = self._get(path, label, params, headers, deadline)
            try:
                return read(reply.json())
            except ValueError:
                raise errors.BadAnswer(None, "an answer of another kind", label) from None

        return self._patiently(once, tries)

    def _get(
        self,
        path: str,
        label: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        deadline: float | None = None,
    ) -> Reply:
        self.requests += 1
        try:
            reply = self._http.request("GET", path, params=params, headers=headers, label=label, deadline=deadline)
        except errors.OutcomeUnknown as lost:
            raise errors.TransientError(None, lost.message, label) from None
        if reply.status == 200:
            self.allowance_left = _allowance_left(reply.headers)
            return reply
        if reply.status == 429:
            raise errors.Throttled(429, "too many requests", label, retry_after=retry_after(reply.headers))
        if reply.status < 400:
            raise errors.BadAnswer(reply.status, "an answer of another kind", label)
        words = errors.redact(_words(reply), self._token)
        kind = errors.TransientError if reply.status >= 500 else REFUSALS.get(reply.status, errors.PermanentError)
        raise kind(reply.status, words, label)

    def _patiently[Thing](self, ask: Callable[[], Thing], tries: int | None = None) -> Thing:
        began = clock.monotonic()
        for attempt in range(1, tries or self._tries):
            try:
                return ask()
            except errors.Throttled as error:
                if error.retry_after > self._longest_pause:
                    raise
                pause = error.retry_after
            except errors.TransientError:
                if clock.monotonic() - began >= self._patience:
                    # It hangs: asked on and on, one till would keep a worker from the others.
                    raise
                pause = PAUSES[min(attempt, len(PAUSES)) - 1]
            # Not all who were sent away come back at the same moment.
            clock.sleep(pause + random.uniform(0, 0.25))
        return ask()


def _in_path(name: str) -> str:
    return quote(name, safe="")


def _allowance_left(headers: Mapping[str, str]) -> float | None:
    """The share of requests still allowed in this window (headers X-RateLimit-… of every good answer)."""
    try:
        limit, remaining = (int(headers.get(f"X-RateLimit-{name}") or "") for name in ("Limit", "Remaining"))
    except ValueError:
        return None
    return max(remaining, 0) / limit if limit > 0 else None


def _listed(answer: Any) -> tuple[list[Any], str]:
    """The items of one page, and the cursor of the next or ''. ValueError if it is no page."""
    items = answer.get("items") if isinstance(answer, dict) else None
    paging = answer.get("paging") or {} if isinstance(answer, dict) else None
    cursor = (paging.get("next_cursor") or "") if isinstance(paging, dict) else None
    if not isinstance(items, list) or not isinstance(cursor, str):
        raise ValueError("no page of a list")
    return items, cursor


def _product(answer: Any) -> Product:
    product = parse_product(answer)
    if product is None:
        raise ValueError("no product")
    return product


def _words(reply: Reply) -> str:
    """What a refusal says, if it says it in Evotor's form."""
    try:
        body = reply.json()
    except ValueError:
        return "no explanation"
    if not isinstance(body, dict):
        return "no explanation"
    said = [str(body[name]) for name in ("code", "message") if body.get(name)]
    for one in body["violations"] if isinstance(body.get("violations"), list) else []:
        if isinstance(one, dict):
            said.append(f"{one.get('subject')}: {one.get('reason')}")
    return "; ".join(said) or "no explanation"
