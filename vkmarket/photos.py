"""A picture for every item: found or drawn, made such as VK takes it, uploaded. Knows no models: the caller records.

VK uses one photo id for one item only, so every item has an upload of its own.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

from django.conf import settings

from connections.clients import vk_calls
from connections.clients.errors import ApiError, OutcomeUnknown, PermanentError, Throttled, TransientError, UploadError
from connections.clients.evotor import EvotorClient
from connections.clients.http import Http
from connections.clients.vk import VkClient
from connections.models import Community

from . import cards, rules
from .pictures import MOST_FILE, BadPicture, fit

log = logging.getLogger(__name__)

# What one `execute` of saves may hold.
SAVE_BYTES = 100_000
# After so many pictures in a row without an answer, their host is left alone.
SILENCES = 3

Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class PhotoWish:
    """The picture that a listing needs; `photo` is the mark of its Item, which says what it is made from."""

    listing_id: int
    name: str
    photo: str
    image_url: str = ""
    color: str = cards.DEFAULT_COLOR
    # May a card stand in for a picture that cannot be had? An item that shows one already keeps it instead.
    stand_in: bool = True


class NotToBeHad(Exception):
    """Evotor's picture cannot be had now, and nothing may stand in for it."""


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
class Picture:
    content: bytes
    source: str


def prepare(
    client: VkClient,
    community: Community,
    wishes: Sequence[PhotoWish],
    *,
    workers: int = 4,
    fetch: Fetch | None = None,
) -> list[Uploaded | Kept | Failed]:
    """Upload a picture for each wish: one `execute` for 25 addresses, uploads side by side, one for the saves.

    What failed is tried once more with a fresh address, then is Failed; the others never notice. Raises
    PermanentError and Throttled, which are about the whole account, while nothing has been uploaded.
    """
    done: dict[int, Uploaded | Kept | Failed] = {}
    fetch = fetch or fetcher()
    with ThreadPoolExecutor(workers) as pool:
        for batch in batched(wishes, vk_calls.MOST_CALLS):
            try:
                first = _round(client, community.group_id, batch, pool, fetch)
                done |= first
                again = [wish for wish in batch if isinstance(first[wish.listing_id], Failed)]
                if again:
                    done |= _round(client, community.group_id, again, pool, fetch)
            except (PermanentError, Throttled) as error:
                if not any(isinstance(outcome, Uploaded) for outcome in done.values()):
                    raise
                log.warning("uploading stopped: %s", error)
                for wish in wishes:
                    done.setdefault(wish.listing_id, Failed(wish.listing_id, error.code, error.message))
                break
    return [done[wish.listing_id] for wish in wishes]


def _round(
    client: VkClient, group_id: int, wishes: Sequence[PhotoWish], pool: ThreadPoolExecutor, fetch: Fetch
) -> dict[int, Uploaded | Kept | Failed]:
    """One try for at most 25 wishes."""
    outcomes: dict[int, Uploaded | Kept | Failed] = {}
    addresses = _execute(client, [vk_calls.upload_server(group_id) for _wish in wishes])
    addressed = []
    for wish, result in zip(wishes, addresses, strict=True):
        if url := _text_of(result, "upload_url"):
            addressed.append((wish, url))
        else:
            outcomes[wish.listing_id] = _failed(wish, result)

    def upload(job: tuple[PhotoWish, str]) -> tuple[str, str] | Kept | Failed:
        wish, url = job
        return _upload(client, wish, url, fetch)

    waiting = []
    for (wish, _url), sent in zip(addressed, pool.map(upload, addressed), strict=True):
        if isinstance(sent, Kept | Failed):
            outcomes[wish.listing_id] = sent
        else:
            waiting.append((wish, *sent))
    for group in _bounded(waiting):
        saves = _execute(client, [vk_calls.save_photo(raw) for _wish, raw, _source in group])
        for (wish, _raw, source), result in zip(group, saves, strict=True):
            photo_id = _number_of(result, "photo_id")
            outcomes[wish.listing_id] = (
                Uploaded(wish.listing_id, photo_id, source) if photo_id else _failed(wish, result)
            )
    return outcomes


def _execute(client: VkClient, calls: Sequence[vk_calls.Call]) -> list[vk_calls.Result]:
    """As the client's, but a request that got lost is a failure of each: addresses and saves may be asked for again."""
    try:
        return client.execute(calls)
    except Throttled:
        raise
    except (TransientError, OutcomeUnknown) as error:
        return [vk_calls.Unknown(error.code, error.message)] * len(calls)


def _upload(client: VkClient, wish: PhotoWish, url: str, fetch: Fetch) -> tuple[str, str] | Kept | Failed:
    """Make the picture and send it -> the host's raw answer and what the picture was made from."""
    try:
        made = make(wish, fetch)
        return client.upload(url, {"file": made.content}), made.source
    except NotToBeHad:
        return Kept(wish.listing_id)
    except UploadError as error:
        return Failed(wish.listing_id, error.code, error.message)
    except BadPicture as error:
        return Failed(wish.listing_id, None, str(error))


def _bounded(waiting: list[tuple[PhotoWish, str, str]]) -> Iterator[list[tuple[PhotoWish, str, str]]]:
    group, size = [], 0
    for one in waiting:
        length = len(one[1].encode())
        if group and size + length > SAVE_BYTES:
            yield group
            group, size = [], 0
        group.append(one)
        size += length
    if group:
        yield group


def _text_of(result: vk_calls.Result, name: str) -> str:
    value = result.value.get(name) if isinstance(result, vk_calls.Ok) and isinstance(result.value, dict) else None
    return value if isinstance(value, str) else ""


def _number_of(result: vk_calls.Result, name: str) -> int:
    value = result.value.get(name) if isinstance(result, vk_calls.Ok) and isinstance(result.value, dict) else None
    return value if type(value) is int and value > 0 else 0


def _failed(wish: PhotoWish, result: vk_calls.Result) -> Failed:
    if isinstance(result, vk_calls.Ok):
        return Failed(wish.listing_id, None, "VK answered without a photo")
    return Failed(wish.listing_id, result.code, result.message)


def fetcher(token: str = "") -> Fetch:
    """Pictures of Evotor by address; its token goes to Evotor's own host alone. A slow host costs seconds, not the
    slice: what is not to be had now is asked for again another time."""
    http = Http(settings.EVOTOR_API_URL, deadline=5, max_bytes=MOST_FILE)
    client = EvotorClient(token, base_url=settings.EVOTOR_API_URL, http=http, tries=1)
    silences = 0

    def fetch(url: str) -> bytes:
        nonlocal silences
        if silences >= SILENCES:
            raise TransientError(None, "the host of the pictures does not answer", "image")
        try:
            content = client.image(url)
        except ApiError as error:
            silences = 0 if isinstance(error, PermanentError) else silences + 1
            raise
        silences = 0
        return content

    return fetch


def picture(
    photo: str, *, name: str, image_url: str = "", color: str = cards.DEFAULT_COLOR, fetch: Fetch | None = None
) -> bytes:
    """A JPEG that VK takes: the first that exists of Evotor's image, a drawn card and VK_DEFAULT_PHOTO_PATH.

    Raises BadPicture if there is none at all.
    """
    return make(PhotoWish(0, name, photo, image_url, color), fetch or fetcher()).content


def make(wish: PhotoWish, fetch: Fetch) -> Picture:
    """The wished picture, or a card in its place, whose mark is the card's own. Raises NotToBeHad and BadPicture."""
    source = wish.photo
    if source.startswith("evotor:"):
        try:
            if wish.image_url:
                return Picture(fit(fetch(wish.image_url)), source)
        except (BadPicture, ApiError) as error:
            log.info("the picture of listing %s is not to be had: %s", wish.listing_id, error)
        if not wish.stand_in:
            raise NotToBeHad
        source = rules.photo_mark("", wish.name, wish.color)
    try:
        return Picture(cards.draw(wish.name, wish.color), source)
    except (OSError, ValueError):
        log.exception("no card could be drawn for listing %s", wish.listing_id)
        return Picture(default_picture(), source)


def default_picture() -> bytes:
    """The file at VK_DEFAULT_PHOTO_PATH, made such as VK takes it."""
    try:
        content = Path(settings.VK_DEFAULT_PHOTO_PATH).read_bytes()
    except OSError as error:
        raise BadPicture(f"VK_DEFAULT_PHOTO_PATH: {error.strerror}") from None
    return fit(content)
