"""Pictures on their way into VK: addresses and saves by `execute`, files side by side. Knows no models.

VK uses one photo id for one item only, so every item has an upload of its own. Five pictures go in one upload where
VK answers so that each is known again (`bulks`); all others singly.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched

import structlog

from connections.clients import vk_calls
from connections.clients.errors import OutcomeUnknown, PermanentError, Throttled, TransientError, UploadError
from connections.clients.vk import VkClient
from connections.models import Community
from evosync.base import clock

from . import bulks, cards
from .photos import Draw, Fetch, NotToBeHad, PhotoWish, fetcher, make
from .pictures import BadPicture, size_of

log = structlog.get_logger(__name__)

# What one `execute` of saves may hold.
SAVE_BYTES = 100_000
BULK = cards.PLACES
# One `execute` of addresses for bulks serves so many pictures.
MOST = vk_calls.MOST_CALLS * BULK
# After so many seconds no more pictures are begun beyond the first batch: a slice of work has to end.
SECONDS = 10


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A photo that waits for its item. `source` is the wish's mark, or that of the card which stands in for a
    picture that could not be had this time: worth another try later."""

    listing_id: int
    photo_id: int
    source: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No photo came of it; VK's or the upload host's code and words."""

    listing_id: int
    code: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Nothing was uploaded: the picture cannot be had now, and the item keeps the one that it shows."""

    listing_id: int


@dataclass(frozen=True, slots=True)
class NotBegun:
    """There was no time left for it; nothing is wrong."""

    listing_id: int


Outcome = Uploaded | Kept | Failed | NotBegun


@dataclass(slots=True)
class Manner:
    """What a community has shown of how it takes pictures."""

    in_bulk: bool = True


@dataclass(slots=True)
class _Sent:
    """What the upload host said to one address, and the pictures that went there by their sizes."""

    raw: str
    pictures: dict[bulks.Size, tuple[PhotoWish, str]]


def prepare(
    client: VkClient,
    community: Community,
    wishes: Sequence[PhotoWish],
    *,
    workers: int = 4,
    fetch: Fetch | None = None,
    draw: Draw | None = None,
    manner: Manner | None = None,
) -> list[Outcome]:
    """Upload a picture for each wish, the urgent ones first; at least 25 of them, the others while there is time.

    Costs two requests for 25 pictures, or for 125 where the community takes bulks; `manner` remembers that from
    call to call. What failed is tried once more with a fresh address, then is Failed; the others never notice. While
    nothing is uploaded, raises PermanentError and Throttled (of the whole account), TransientError (the host hangs).
    """
    with ThreadPoolExecutor(workers) as pool:
        work = _Work(client, community.group_id, pool, fetch or fetcher(), draw, manner or Manner())
        try:
            work.go(wishes)
        except (PermanentError, Throttled) as error:
            if not any(isinstance(outcome, Uploaded) for outcome in work.done.values()):
                raise
            log.warning("uploading stopped", error=str(error))
            for wish in wishes:
                work.done.setdefault(wish.listing_id, Failed(wish.listing_id, error.code, error.message))
    return [work.done.get(wish.listing_id) or NotBegun(wish.listing_id) for wish in wishes]


@dataclass(slots=True)
class _Work:
    client: VkClient
    group_id: int
    pool: ThreadPoolExecutor
    fetch: Fetch
    draw: Draw | None
    manner: Manner
    done: dict[int, Outcome] = field(default_factory=dict)
    # Of each upload, whether the host took it.
    taken: list[bool] = field(default_factory=list)
    until: float = field(default_factory=lambda: clock.monotonic() + SECONDS)

    def go(self, wishes: Sequence[PhotoWish]) -> None:
        # Up to 25 pictures cost the same singly: nothing is asked of bulks there.
        if len(wishes) > vk_calls.MOST_CALLS:
            for some in batched(wishes, MOST):
                if not self.manner.in_bulk or self._late():
                    break
                self._in_bulks(some)
        rest = [wish for wish in wishes if wish.listing_id not in self.done]
        for number, some in enumerate(batched(rest, vk_calls.MOST_CALLS)):
            if number and self._late():
                break
            first = self._singly(some)
            self.done |= first
            if again := [wish for wish in some if isinstance(first[wish.listing_id], Failed)]:
                self.done |= self._singly(again)

    def _late(self) -> bool:
        return clock.monotonic() >= self.until

    def _upload(self, url: str, files: dict[str, bytes]) -> str:
        if self._late() and self.taken and not any(self.taken):
            # A host that hangs costs a whole deadline for every picture: not even 25 are tried.
            raise TransientError(None, "the upload host does not answer", "upload")
        try:
            raw = self.client.upload(url, files)
        except UploadError:
            self.taken.append(False)
            raise
        self.taken.append(True)
        return raw

    # -- five in one ---------------------------------------------------------------------------------------

    def _in_bulks(self, wishes: Sequence[PhotoWish]) -> None:
        """One try for at most 125 wishes. What does not come back beyond doubt is left to go singly."""
        groups = list(batched(wishes, BULK))
        addresses = _execute(self.client, [vk_calls.upload_server(self.group_id, bulk=True) for _group in groups])
        urls = [_told(result, "upload_url", str) for result in addresses]
        jobs = [(group, url) for group, url in zip(groups, urls, strict=True) if url]
        sent = [one for one in self.pool.map(self._send_bulk, jobs) if one]
        answers: list[tuple[_Sent, vk_calls.Result]] = []
        for some in _bounded(sent, lambda one: one.raw):
            saves = _execute(self.client, [vk_calls.save_photo_bulk(one.raw) for one in some])
            answers += zip(some, saves, strict=True)
        clear = self._take(answers)
        results = [*addresses, *(result for _one, result in answers)]
        shapeless = any(
            isinstance(result, vk_calls.Ok) and not url for result, url in zip(addresses, urls, strict=True)
        )
        refused = any(isinstance(result, vk_calls.Refused) for result in results)
        if refused or shapeless or not clear or (jobs and not sent and not self._late()):
            self.manner.in_bulk = False
            log.info("a community takes no bulk uploads as we need them", group_id=self.group_id)

    def _send_bulk(self, job: tuple[Sequence[PhotoWish], str]) -> _Sent | None:
        """Make up to five pictures of different heights and send them; None if nothing came of it."""
        wishes, url = job
        if self._late():
            return None
        files: dict[str, bytes] = {}
        pictures: dict[bulks.Size, tuple[PhotoWish, str]] = {}
        for place, wish in enumerate(wishes):
            try:
                made = make(wish, self.fetch, place, self.draw)
            except NotToBeHad:
                self.done[wish.listing_id] = Kept(wish.listing_id)
            except BadPicture:
                # Singly it fails again, and is told.
                continue
            else:
                files[f"file{len(files) + 1}"] = made.content
                pictures[size_of(made.content)] = wish, made.source
        if not files:
            return None
        try:
            return _Sent(self._upload(url, files), pictures)
        except UploadError as error:
            log.info("a bulk upload failed", error=str(error))
            return None

    def _take(self, answers: Sequence[tuple[_Sent, vk_calls.Result]]) -> bool:
        """Keep the photos of the bulks that are known again; whether all that were answered are."""
        known = [
            (one, bulks.matched(result.value, one.pictures))
            for one, result in answers
            if isinstance(result, vk_calls.Ok)
        ]
        times = Counter(photo_id for _one, found in known if found for photo_id in found.values())
        clear = True
        for one, found in known:
            if not found or any(times[photo_id] > 1 for photo_id in found.values()):
                clear = False
                continue
            for size, photo_id in found.items():
                wish, source = one.pictures[size]
                self.done[wish.listing_id] = Uploaded(wish.listing_id, photo_id, source)
        return clear

    # -- one by one ----------------------------------------------------------------------------------------

    def _singly(self, wishes: Sequence[PhotoWish]) -> dict[int, Outcome]:
        """One try for at most 25 wishes."""
        outcomes: dict[int, Outcome] = {}
        addresses = _execute(self.client, [vk_calls.upload_server(self.group_id) for _wish in wishes])
        addressed = []
        for wish, result in zip(wishes, addresses, strict=True):
            if url := _told(result, "upload_url", str):
                addressed.append((wish, url))
            else:
                outcomes[wish.listing_id] = _failed(wish, result)
        waiting: list[tuple[PhotoWish, str, str]] = []
        for (wish, _url), sent in zip(addressed, self.pool.map(self._send_one, addressed), strict=True):
            if isinstance(sent, Kept | Failed):
                outcomes[wish.listing_id] = sent
            else:
                waiting.append((wish, *sent))
        for group in _bounded(waiting, lambda one: one[1]):
            saves = _execute(self.client, [vk_calls.save_photo(raw) for _wish, raw, _source in group])
            for (wish, _raw, source), result in zip(group, saves, strict=True):
                photo_id = _told(result, "photo_id", int) or 0
                uploaded = Uploaded(wish.listing_id, photo_id, source)
                outcomes[wish.listing_id] = uploaded if photo_id > 0 else _failed(wish, result)
        return outcomes

    def _send_one(self, job: tuple[PhotoWish, str]) -> tuple[str, str] | Kept | Failed:
        """Make the picture and send it -> the host's raw answer and what the picture was made from."""
        wish, url = job
        try:
            made = make(wish, self.fetch, draw=self.draw)
            return self._upload(url, {"file": made.content}), made.source
        except NotToBeHad:
            return Kept(wish.listing_id)
        except UploadError as error:
            return Failed(wish.listing_id, error.code, error.message)
        except BadPicture as error:
            return Failed(wish.listing_id, None, str(error))


def _execute(client: VkClient, calls: Sequence[vk_calls.Call]) -> list[vk_calls.Result]:
    """As the client's, but a request that got lost is a failure of each: addresses and saves may be asked for again."""
    try:
        return client.execute(calls)
    except Throttled:
        raise
    except (TransientError, OutcomeUnknown) as error:
        return [vk_calls.Unknown(error.code, error.message)] * len(calls)


def _bounded[T](waiting: Sequence[T], raw: Callable[[T], str]) -> Iterator[list[T]]:
    """What waits to be saved, in portions that one request takes."""
    group: list[T] = []
    size = 0
    for one in waiting:
        length = len(raw(one).encode())
        if group and size + length > SAVE_BYTES:
            yield group
            group, size = [], 0
        group.append(one)
        size += length
    if group:
        yield group


def _told[T](result: vk_calls.Result, name: str, kind: type[T]) -> T | None:
    value = result.value.get(name) if isinstance(result, vk_calls.Ok) and isinstance(result.value, dict) else None
    return value if type(value) is kind else None


def _failed(wish: PhotoWish, result: vk_calls.Result) -> Failed:
    if isinstance(result, vk_calls.Ok):
        return Failed(wish.listing_id, None, "VK answered without a photo")
    return Failed(wish.listing_id, result.code, result.message)
