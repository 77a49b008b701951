"""The picture of a product that has none: its name on the shop's colour. The same name and colour, the same bytes.

A change of the drawing counts up `rules.CARD_VERSION`, so that cards already in VK are made anew.
"""

import re
from functools import lru_cache
from io import BytesIO

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

SIDE = 800
MARGIN = 80
DEFAULT_COLOR = "#2F5D8A"
# Pillow's own font draws boxes for Russian letters.
FONT = settings.BASE_DIR / "static/fonts/DejaVuSans.ttf"
SIZES = (220, 176, 140, 120, 108, 96, 84, 76, 68, 60, 54, 48, 44, 40, 36, 32)
# Below this a word that does not fit is broken rather than made smaller.
SMALLEST_WHOLE = 54
LINE = 1.28
WHITE, BLACK = (255, 255, 255), (28, 32, 38)

# Files in one bulk upload at most (no page says so: what other clients send).
PLACES = 5

# Quality of the JPEG; the second is for a card full of small letters.
QUALITIES = (84, 66)
MOST_BYTES = 100_000

# «100 г» stays on one line.
_MEASURE = re.compile(r"(\d) (?=[^\W\d_]{1,3}(?:\W|$))")
_HEX = re.compile(r"#[0-9A-Fa-f]{6}")


def draw(name: str, color: str = DEFAULT_COLOR, place: int | None = None) -> bytes:
    """A JPEG of 800x800 with `name` on `color` ("#RRGGBB"; anything else is the default colour).

    `place` is that in a bulk, which its height shall tell (`told_apart`).
    """
    ground = color if isinstance(color, str) and _HEX.fullmatch(color) else DEFAULT_COLOR
    rgb = _rgb(ground)
    card = _background(rgb).copy()
    pen = ImageDraw.Draw(card)
    size, lines = _layout(_MEASURE.sub("\\1\N{NO-BREAK SPACE}", " ".join(name.split())) or "?")
    font = _font(size)
    step = round(size * LINE)
    top = (SIDE - step * len(lines)) / 2 + step / 2
    for number, line in enumerate(lines):
        pen.text((SIDE / 2, top + number * step), line, font=font, fill=ink(rgb), anchor="mm")
    card = told_apart(card, place)
    for quality in QUALITIES:
        content = encode(card, quality)
        if len(content) < MOST_BYTES:
            break
    return content


def told_apart(picture: Image.Image, place: int | None) -> Image.Image:
    """With up to four more rows at the bottom, like the last one, until the height says `place` modulo PLACES.

    So the pictures of one bulk have different heights, whatever they were, and are known again by them.
    """
    rows = (place - picture.height) % PLACES if place is not None else 0
    if not rows:
        return picture
    taller = Image.new(picture.mode, (picture.width, picture.height + rows))
    taller.paste(picture)
    last = picture.crop((0, picture.height - 1, picture.width, picture.height))
    taller.paste(last.resize((picture.width, rows)), (0, picture.height))
    return taller


def encode(picture: Image.Image, quality: int) -> bytes:
    """The picture as a JPEG; `quality` as Pillow has it, up to 95."""
    file = BytesIO()
    # Full colour resolution: letters on a coloured ground fray without it.
    picture.save(file, "JPEG", quality=quality, subsampling=0)
    return file.getvalue()


def ink(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """White or black, whichever is read better on `rgb` (contrast of WCAG)."""
    ground = luminance(rgb)
    on_white = 1.05 / (ground + 0.05)
    on_black = (ground + 0.05) / (luminance(BLACK) + 0.05)
    return WHITE if on_white >= on_black else BLACK


def luminance(rgb: tuple[int, int, int]) -> float:
    """How bright a colour is, 0 to 1 (relative luminance of WCAG)."""
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in (one / 255 for one in rgb)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


@lru_cache(maxsize=8)
def _background(rgb: tuple[int, int, int]) -> Image.Image:
    """The shop's colour with two faint circles and a line: drawn double and made smaller, for smooth edges."""
    big = SIDE * 2
    picture = Image.new("RGB", (big, big), rgb)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((big * 0.58, -big * 0.30, big * 1.28, big * 0.40), fill=_shade(rgb, 0.07))
    pen.ellipse((-big * 0.26, big * 0.66, big * 0.34, big * 1.26), fill=_shade(rgb, 0.045))
    edge = big * 0.035
    pen.rounded_rectangle((edge, edge, big - edge, big - edge), radius=big * 0.03, outline=_shade(rgb, 0.2), width=5)
    return picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _shade(rgb: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    """`rgb`, a little further from the colour of the letters, so that decoration costs no contrast."""
    bright = luminance(rgb)
    darker = ink(rgb) == WHITE
    if bright > 0.8 or bright < 0.02:
        # There is no further: the contrast is so great that a step towards the letters does no harm.
        darker = not darker
    goal = BLACK if darker else WHITE
    red, green, blue = (round(one + (other - one) * share) for one, other in zip(rgb, goal, strict=True))
    return red, green, blue


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    # The basic layout is everywhere and always the same; Raqm is not in every build of Pillow.
    return ImageFont.truetype(FONT, size, layout_engine=ImageFont.Layout.BASIC)


def _layout(text: str) -> tuple[int, list[str]]:
    """The largest size at which `text` fits, and its lines."""
    room = SIDE - 2 * MARGIN
    lines: list[str] = []
    for size in SIZES:
        lines = _wrap(text, _font(size), room, whole=size >= SMALLEST_WHOLE)
        if lines and round(size * LINE) * len(lines) <= room:
            return size, lines
    most = room // round(SIZES[-1] * LINE)
    return SIZES[-1], [*lines[: most - 1], lines[most - 1][:-1] + "…"]


def _wrap(text: str, font: ImageFont.FreeTypeFont, room: int, *, whole: bool) -> list[str]:
    """Lines no wider than `room`; none at all if a word does not fit and words are to stay `whole`."""
    lines, line = [], ""
    for word in text.split(" "):
        if font.getlength(f"{line} {word}" if line else word) <= room:
            line = f"{line} {word}" if line else word
            continue
        if line:
            lines.append(line)
        while font.getlength(word) > room:
            if whole:
                return []
            count = _fitting(word, font, room)
            lines.append(word[:count])
            word = word[count:]
        line = word
    return [*lines, line] if line else lines


def _fitting(word: str, font: ImageFont.FreeTypeFont, room: int) -> int:
    """How many letters of `word` fit, at least one."""
    count = 1
    while count < len(word) and font.getlength(word[: count + 1]) <= room:
        count += 1
    return count
