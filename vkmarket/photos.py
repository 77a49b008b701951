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

Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class PhotoWish:
    """The picture that a listing needs; `photo` is the mark of its Item, which says what it is made from."""

    listing_id: int
    name: str
    photo: str
    image_url: str = ""
    color: str = cards.DEFAULT_COLOR


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
) -> list[Uploaded | Failed]:
    """Upload a picture for each wish: one `execute` for 25 addresses, uploads side by side, one for the saves.

    What failed is tried once more with a fresh address, then is Failed; the others never notice. Raises
    PermanentError and Throttled, which are about the whole account, while nothing has been uploaded.
    """
    done: dict[int, Uploaded | Failed] = {}
    fetch = fetch or _fetcher()
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
) -> dict[int, Uploaded | Failed]:
    """One try for at most 25 wishes."""
    outcomes: dict[int, Uploaded | Failed] = {}
    addresses = _execute(client, [vk_calls.upload_server(group_id) for _wish in wishes])
    addressed = []
    for wish, result in zip(wishes, addresses, strict=True):
        if url := _text_of(result, "upload_url"):
            addressed.append((wish, url))
        else:
            outcomes[wish.listing_id] = _failed(wish, result)

    def upload(job: tuple[PhotoWish, str]) -> tuple[str, str] | Failed:
        wish, url = job
        return _upload(client, wish, url, fetch)

    waiting = []
    for (wish, _url), sent in zip(addressed, pool.map(upload, addressed), strict=True):
        if isinstance(sent, Failed):
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


def _upload(client: VkClient, wish: PhotoWish, url: str, fetch: Fetch) -> tuple[str, str] | Failed:
    """Make the picture and send it -> the host's raw answer and what the picture was made from."""
    try:
        made = make(wish, fetch)
        return client.upload(url, {"file": made.content}), made.source
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


def _fetcher() -> Fetch:
    """Pictures of Evotor by address alone: no token is sent, and a slow host costs seconds, not the slice."""
    http = Http(settings.EVOTOR_API_URL, deadline=10, max_bytes=MOST_FILE)
    return EvotorClient("", base_url=settings.EVOTOR_API_URL, http=http, tries=2).image


def picture(
    photo: str, *, name: str, image_url: str = "", color: str = cards.DEFAULT_COLOR, fetch: Fetch | None = None
) -> bytes:
    """A JPEG that VK takes: the first that exists of Evotor's image, a drawn card and VK_DEFAULT_PHOTO_PATH.

    Raises BadPicture if there is none at all.
    """
    return make(PhotoWish(0, name, photo, image_url, color), fetch or _fetcher()).content


def make(wish: PhotoWish, fetch: Fetch) -> Picture:
    source = wish.photo
    if wish.photo.startswith("evotor:") and wish.image_url:
        try:
            return Picture(fit(fetch(wish.image_url)), source)
        except BadPicture as error:
            # The same address would give the same file: the card is what this mark means from now on.
            log.info("the picture of listing %s is not usable: %s", wish.listing_id, error)
        except PermanentError as error:
            log.info("the picture of listing %s is not to be had: %s", wish.listing_id, error)
        except ApiError as error:
            log.warning("the picture of listing %s is not to be had now: %s", wish.listing_id, error)
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
