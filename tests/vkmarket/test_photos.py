import logging
import zlib
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from PIL import Image

from connections.clients.errors import (
    ApiError,
    NotFound,
    TransientError,
)
from connections.clients.evotor import EvotorClient
from vkmarket import cards, photos, pictures, rules
from vkmarket.photos import PhotoWish
from vkmarket.pictures import BadPicture, fit

CARD = "card:1"


def file_of(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def fitted(content: bytes) -> Image.Image:
    return Image.open(BytesIO(fit(content)))


def close(pixel, color, by=12):
    return all(abs(one - other) <= by for one, other in zip(pixel, color, strict=True))


# Any file becomes what VK takes


@pytest.mark.parametrize(
    ("size", "result"),
    [
        ((300, 300), (400, 400)),
        ((400, 400), (400, 400)),
        ((50, 50), (400, 400)),
        ((1200, 900), (1200, 900)),
        ((1800, 1200), (1600, 1067)),
        ((1, 1), (400, 400)),
        ((3000, 10), (1600, 400)),
        ((10, 9000), (400, 1600)),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_any_size_becomes_one_that_vk_takes(size, result, kind):
    image = fitted(file_of(Image.new("RGB", size, (200, 30, 30)), kind))
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", result)


def test_a_small_picture_stands_in_the_middle_of_white():
    image = fitted(file_of(Image.new("RGB", (100, 100), (200, 30, 30))))
    assert close(image.getpixel((200, 200)), (200, 30, 30))
    assert close(image.getpixel((10, 10)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_becomes_white(mode):
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (100, 100, 300, 300))
    image = fitted(file_of(image.convert(mode)))
    assert close(image.getpixel((20, 20)), (255, 255, 255))
    assert close(image.getpixel((200, 200)), (0, 0, 0))


def test_a_photo_taken_sideways_is_turned_upright():
    image = Image.new("RGB", (800, 500), (255, 255, 255))
    image.paste((255, 0, 0), (0, 0, 800, 100))
    exif = Image.Exif()
    exif[0x0112] = 6
    image = fitted(file_of(image, "JPEG", exif=exif))
    assert image.size == (500, 800)
    assert close(image.getpixel((480, 400)), (255, 0, 0), by=30)


def test_sixteen_bits_of_grey_keep_their_grey():
    image = Image.new("I;16", (400, 400), 0x8000)
    assert close(fitted(file_of(image)).getpixel((200, 200)), (128, 128, 128))


def test_colours_of_print_are_understood():
    assert fitted(file_of(Image.new("CMYK", (400, 400), (0, 0, 0, 0)), "JPEG")).mode == "RGB"


def test_a_noisy_photo_stays_within_megabytes():
    assert len(fit(file_of(Image.effect_noise((2000, 2000), 120).convert("RGB"), "JPEG"))) < 4_000_000


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    header = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>not found</html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        file_of(Image.new("RGB", (500, 500), "red"))[:200],
        file_of(Image.effect_noise((500, 500), 50), "JPEG")[:3000],
        file_of(Image.new("RGB", (50, 50)), "TIFF"),
        bomb(60_000, 60_000),
        bomb(9_000, 9_000),
        bomb(500, 500),
        b"\0" * (pictures.MOST_FILE + 1),
    ],
    ids=["empty", "html", "svg", "cut png", "cut jpeg", "tiff", "bomb", "large", "hollow", "heavy"],
)
def test_what_is_no_usable_picture_is_refused(content):
    with pytest.raises(BadPicture):
        fit(content)


SOUND = [file_of(Image.radial_gradient("L").resize((60, 60)).convert("RGB"), kind) for kind in pictures.FORMATS]


@tuned(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_file_is_a_picture_or_refused(data):
    content = bytearray(data.draw(st.sampled_from(SOUND)))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    try:
        image = fitted(bytes(content))
    except BadPicture:
        return
    assert min(image.size) >= 400 and max(image.size) <= 1600


# Which picture it is


RED = file_of(Image.new("RGB", (300, 300), (200, 30, 30)))


def test_evotors_picture_comes_first():
    made = photos.make(PhotoWish(1, "Чай", "evotor:1", "http://e/1.png"), fetch=lambda url: RED)
    assert close(Image.open(BytesIO(made.content)).getpixel((200, 200)), (200, 30, 30))


def test_without_one_a_card_is_drawn():
    made = photos.make(PhotoWish(1, "Чай", CARD, color="#112233"), fetch=None)
    assert made.content == cards.draw("Чай", "#112233")


@pytest.mark.parametrize("bad", [NotFound(404, "no"), TransientError(503, "later"), b"<html>"])
def test_a_picture_that_cannot_be_had_gives_way_to_a_card_that_says_so(bad):
    def fetch(url):
        if isinstance(bad, bytes):
            return bad
        raise bad

    wish = PhotoWish(1, "Чай", "evotor:1", "http://e/1.png")
    made = photos.make(wish, fetch)
    assert (made.content, made.source) == (cards.draw("Чай"), rules.card_mark("Чай", wish.color))
    with pytest.raises(photos.NotToBeHad):
        photos.make(replace(wish, stand_in=False), fetch)


def test_a_card_that_was_wished_for_stands_in_for_nothing():
    wish = PhotoWish(1, "Чай", CARD, "http://e/1.png", stand_in=False)
    assert photos.make(wish, fetch=None) == photos.Picture(cards.draw("Чай"), CARD)


def test_without_a_font_the_default_picture_is_taken(monkeypatch, caplog):
    def no_font(*_args):
        raise OSError("cannot open resource")

    monkeypatch.setattr(cards, "draw", no_font)
    with caplog.at_level(logging.CRITICAL):
        made = photos.make(PhotoWish(1, "Чай", CARD), fetch=None)
    assert Image.open(BytesIO(made.content)).size == (800, 800)


def test_a_missing_default_picture_is_named(settings, tmp_path):
    settings.VK_DEFAULT_PHOTO_PATH = str(tmp_path / "none.png")
    with pytest.raises(BadPicture, match="VK_DEFAULT_PHOTO_PATH"):
        photos.default_picture()


# From their address


def test_evotors_pictures_are_fetched_from_their_address(sandbox):
    sandbox.evotor.pictures["tea"] = RED
    url = f"{sandbox.evotor_url}/images/tea.png"
    made = photos.make(PhotoWish(1, "Чай", "evotor:1", url), photos.fetcher())
    assert close(Image.open(BytesIO(made.content)).getpixel((200, 200)), (200, 30, 30))


def test_a_picture_that_is_gone_from_its_address_gives_way_to_a_card(sandbox):
    url = f"{sandbox.evotor_url}/images/none.png"
    made = photos.make(PhotoWish(1, "Чай", "evotor:1", url), photos.fetcher())
    assert made.content == cards.draw("Чай")


def test_a_host_of_pictures_that_is_silent_is_left_alone(monkeypatch):
    asked = []

    class Silent(EvotorClient):
        def image(self, url):
            asked.append(url)
            raise NotFound(404, "no") if url.endswith("gone") else TransientError(None, "silence")

    monkeypatch.setattr(photos, "EvotorClient", Silent)
    fetch = photos.fetcher("token")
    for url in ["http://e/1", "http://e/2", "http://e/gone", *[f"http://e/{n}" for n in range(3, 9)]]:
        with pytest.raises(ApiError):
            fetch(url)
    assert asked == ["http://e/1", "http://e/2", "http://e/gone", "http://e/3", "http://e/4", "http://e/5"]
