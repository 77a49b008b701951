from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from PIL import Image

from vkmarket import cards

NAMES = [
    "Чай чёрный листовой «Ахмад», 100 г",
    "Я",
    "Дезоксирибонуклеинополиметилметакрилат",
    "W" * 100,
    "Щ" * 100,
    "Набор посуды для кухни из нержавеющей стали, 12 предметов, с крышками, цвет серебристый, M, красный",
]


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("color", ["#2F5D8A", "#F4D35E"])
def test_a_card_is_small_and_large_enough(name, color):
    content = cards.draw(name, color)
    card = opened(content)
    assert (card.format, card.size) == ("JPEG", (800, 800))
    assert len(content) < 100_000


def test_the_same_name_and_colour_give_the_same_bytes():
    assert cards.draw("Чай", "#2F5D8A") == cards.draw("Чай", "#2f5d8a")
    assert cards.draw("Чай", "#2F5D8A") != cards.draw("Чай", "#8A2F5D")
    assert cards.draw("Чай", "#2F5D8A") != cards.draw("Сок", "#2F5D8A")


def test_russian_letters_are_letters_and_not_boxes():
    assert cards.draw("Ж") != cards.draw("Щ")


def test_a_card_is_in_the_shops_colour():
    red, green, blue = opened(cards.draw("Чай", "#1E7B4F")).getpixel((6, 400))
    assert abs(red - 0x1E) < 6 and abs(green - 0x7B) < 6 and abs(blue - 0x4F) < 6


@pytest.mark.parametrize("color", ["", "red", "#12345", "#12345G", "#1234567", "2F5D8A", None, "#١٢٣٤٥٦"])
def test_a_malformed_colour_falls_back_to_the_default(color):
    assert cards.draw("Чай", color) == cards.draw("Чай", cards.DEFAULT_COLOR)


@tuned(deadline=None)
@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_letters_can_be_read_on_any_colour(rgb):
    bright, dark = sorted((cards.luminance(rgb), cards.luminance(cards.ink(rgb))), reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 4


@tuned(max_examples=40, deadline=None)
@given(st.text("абвЩWi.,-  ", max_size=100))
def test_the_whole_name_is_on_the_card(name):
    words = " ".join(name.split())
    size, lines = cards._layout(words or "?")
    font = cards._font(size)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "") or not words
    assert max(font.getlength(line) for line in lines) <= cards.SIDE - 2 * cards.MARGIN
    assert round(size * cards.LINE) * len(lines) <= cards.SIDE - 2 * cards.MARGIN


def test_the_font_is_shipped_with_its_licence():
    assert cards.FONT.is_file()
    assert "Bitstream Vera" in cards.FONT.with_suffix(".LICENSE.txt").read_text(encoding="utf-8")
