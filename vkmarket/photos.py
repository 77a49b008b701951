"""A picture for every item: found or drawn, made such as VK takes it. `uploading` brings it there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings

from connections.clients.errors import ApiError, PermanentError, TransientError
from connections.clients.evotor import EvotorClient
from connections.clients.http import Http

from . import cards, own_pictures, rules
from .pictures import MOST_FILE, BadPicture, fit

log = structlog.get_logger(__name__)

# After so many pictures in a row without an answer, their host is left alone.
SILENCES = 3

Fetch = Callable[[str], bytes]
# As `cards.draw`.
Draw = Callable[[str, str, int | None], bytes]


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
    """The picture cannot be had now, and nothing may stand in for it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as VK takes it: a JPEG of 400x400 at least, and the mark of what it was made from."""

    content: bytes
    source: str


def fetcher(token: str = "") -> Fetch:
    """Pictures of Evotor by address; its token goes to Evotor's own host alone. A slow host costs seconds, not the
    slice: what is not to be had now is asked for again another time."""
    http = Http(settings.EVOTOR_API_URL, deadline=5, max_bytes=MOST_FILE, api="evotor")
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


def make(wish: PhotoWish, fetch: Fetch, place: int | None = None, draw: Draw | None = None) -> Picture:
    """The wished picture, or a card in its place, whose mark is the card's own; without a font VK_DEFAULT_PHOTO_PATH.

    Raises NotToBeHad where no card may stand in for it, and BadPicture if there is none at all.
    `place` is that in a bulk, which its height shall tell (`cards.told_apart`).
    """
    source = wish.photo
    if source.startswith((rules.OWN, rules.EVOTOR)):
        try:
            return Picture(fit(_file(wish, fetch), place), source)
        except (BadPicture, ApiError, OSError) as error:
            log.info("a picture is not to be had", listing=wish.listing_id, error=str(error))
        if not wish.stand_in:
            raise NotToBeHad
        source = rules.card_mark(wish.name, wish.color)
    try:
        return Picture((draw or cards.draw)(wish.name, wish.color, place), source)
    except (OSError, ValueError):
        log.exception("no card could be drawn", listing=wish.listing_id)
        return Picture(default_picture(place), source)


def _file(wish: PhotoWish, fetch: Fetch) -> bytes:
    """The file that the merchant uploaded, or Evotor's. Raises OSError, BadPicture and ApiError."""
    if wish.photo.startswith(rules.OWN):
        return own_pictures.read(wish.photo.removeprefix(rules.OWN))
    if not wish.image_url:
        raise BadPicture("the address is gone")
    return fetch(wish.image_url)


def default_picture(place: int | None = None) -> bytes:
    """The file at VK_DEFAULT_PHOTO_PATH, made such as VK takes it."""
    try:
        content = Path(settings.VK_DEFAULT_PHOTO_PATH).read_bytes()
    except OSError as error:
        raise BadPicture(f"VK_DEFAULT_PHOTO_PATH: {error.strerror}") from None
    return fit(content, place)
