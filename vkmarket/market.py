"""The community's market in our words, over the client's methods."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import Any

from connections.clients import vk
from connections.clients.errors import ApiError, BadAnswer, Throttled
from connections.clients.vk_calls import MOST_ALBUMS, MOST_CALLS, MOST_IDS, MOST_ITEMS, Result
from connections.clients.vk_errors import TOO_FAST, error_for
from connections.models import Community
from evosync.base import clock

from .stages import Stage, Tell, untold

TRIES_TOO_FAST = 5
# Of reads: more was answered than one request may bring ("response size is too big"), or it took VK too long.
TOO_MUCH = {13, 36}


@dataclass(slots=True)
class Showcase:
    """Everything that VK shows of a community, and since when the reading went on.

    `complete` means that as many distinct items came as VK counts: only then absence tells something.
    """

    started_at: datetime
    complete: bool = False
    albums_complete: bool = False
    items: dict[int, vk.MarketItem] = field(default_factory=dict)
    albums: dict[int, vk.MarketAlbum] = field(default_factory=dict)

    def by_sku(self) -> dict[str, list[int]]:
        """Item ids of each SKU, lowest first. A SKU is not unique in VK."""
        found: dict[str, list[int]] = {}
        for item_id in sorted(self.items):
            if sku := self.items[item_id].sku:
                found.setdefault(sku, []).append(item_id)
        return found


class Market:
    """One community, reached with one user's token."""

    def __init__(self, client: vk.VkClient, community: Community):
        self.client, self.community = client, community
        self.owner_id = community.owner_id
        # So many pages of this community come in one request: long texts and many pictures make fewer.
        self._most = MOST_CALLS

    def send(self, calls: Sequence[vk.Call], until: float | None = None) -> list[Result]:
        """Run up to 25 calls in one request, which has ended by `until` (monotonic); a result for each, in order.
        Raises as `VkClient.execute` does."""
        return self.client.execute(list(calls), until)

    def read_all(self, tell: Tell = untold) -> Showcase:
        """Every item, hidden ones too, with its albums; and every album. Raises as the client does."""
        showcase = Showcase(started_at=clock.now())
        first = [vk.get_items(self.owner_id, offset=0), vk.get_albums(self.owner_id, offset=0)]
        items_count, albums_count = (
            self._take(showcase, call, answer) for call, answer in zip(first, self._values(first), strict=True)
        )
        rest = [vk.get_items(self.owner_id, offset) for offset in range(MOST_ITEMS, items_count, MOST_ITEMS)]
        rest += [vk.get_albums(self.owner_id, offset) for offset in range(MOST_ALBUMS, albums_count, MOST_ALBUMS)]
        for calls in batched(rest, MOST_CALLS):
            tell(Stage.READING, len(showcase.items), items_count)
            for call, answer in zip(calls, self._values(calls), strict=True):
                self._take(showcase, call, answer)
        showcase.complete = len(showcase.items) == items_count
        showcase.albums_complete = len(showcase.albums) == albums_count
        return showcase

    def _take(self, showcase: Showcase, call: vk.Call, answer: dict) -> int:
        for raw in answer["items"]:
            if call.method == "market.get":
                if item := vk.parse_item(raw):
                    showcase.items[item.item_id] = item
            elif album := vk.parse_album(raw):
                showcase.albums[album.album_id] = album
        return answer["count"]

    def read_back(self, item_ids: Iterable[int]) -> tuple[datetime, dict[int, vk.MarketItem]]:
        """These items as VK shows them now, and when the reading began. Unknown ids are left out.
        Raises as the client does."""
        started_at, found = clock.now(), {}
        pages = list(batched(item_ids, MOST_IDS))
        for some in batched(pages, MOST_CALLS):
            for answer in self._values([vk.get_by_id(self.owner_id, list(ids)) for ids in some]):
                for raw in answer["items"]:
                    if item := vk.parse_item(raw):
                        found[item.item_id] = item
        return started_at, found

    def _read(self, calls: Sequence[vk.Call]) -> list[Result]:
        """The results of reads, in as many requests as it takes."""
        results: list[Result] = []
        while len(results) < len(calls):
            some = calls[len(results) : len(results) + self._most]
            try:
                results += self._patiently(some)
            except ApiError as error:
                if error.code not in TOO_MUCH or len(some) == 1:
                    raise
                self._most = len(some) // 2
        return results

    def _patiently(self, calls: Sequence[vk.Call]) -> list[Result]:
        """One request. "Too fast" is waited out: the pace has been held back, and nothing ran."""
        for _try in range(TRIES_TOO_FAST):
            try:
                return self.send(calls)
            except Throttled as error:
                if error.code != TOO_FAST:
                    raise
        return self.send(calls)

    def _values(self, calls: Sequence[vk.Call]) -> list[dict]:
        """The answers of reads, all of them or the error of the first that failed."""
        values = []
        for call, result in zip(calls, self._read(calls), strict=True):
            if isinstance(result, vk.Refused | vk.NotRun):
                raise error_for(result.code, result.message, call.method)
            if not isinstance(result, vk.Ok) or not _is_list(result.value):
                raise BadAnswer(None, "a list was expected", call.method)
            values.append(result.value)
        return values


def _is_list(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("items"), list) and type(value.get("count")) is int
