"""Any picture file as one that VK takes, within limits of memory.

VK wants at least 400x400, width and height of 14 000 together at most, and neither 20 times the other.
"""

from io import BytesIO

from PIL import Image, ImageOps

from . import cards

LEAST_SIDE = 400
# Larger ones are made smaller: a showcase shows no more.
MOST_SIDE = 1600
MOST_BYTES = 4_000_000
# What a decoder may be asked for, whatever the file says: some 160 MB of memory.
MOST_PIXELS = 40_000_000
MOST_FILE = 8 * 1024 * 1024
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")


class BadPicture(Exception):
    """The file is no picture that we can show."""


def fit(content: bytes, place: int | None = None) -> bytes:
    """Any picture file as a JPEG within VK's limits: small, on white, padded rather than cropped.

    `place` is that in a bulk, which its height shall tell (`cards.told_apart`). Raises BadPicture for what is no
    picture, is cut short, or would not fit into memory.
    """
    try:
        image = _decode(content)
    except BadPicture:
        raise
    except Exception as error:
        # A broken file makes a decoder raise nearly anything: OSError, SyntaxError, zlib.error, struct.error …
        raise BadPicture(f"not a picture: {type(error).__name__}") from error
    image = cards.told_apart(_letterboxed(image), place)
    encoded = cards.encode(image, 90)
    return encoded if len(encoded) <= MOST_BYTES else cards.encode(image, 60)


def size_of(content: bytes) -> tuple[int, int]:
    """Width and height of a file that `fit` or a card made."""
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        return image.size


def _decode(content: bytes) -> Image.Image:
    if len(content) > MOST_FILE:
        raise BadPicture("the file is too large")
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            raise BadPicture(f"{image.width}x{image.height} is too large")
        if image.format == "JPEG":
            # Decodes a large photo at a half or a quarter at once.
            image.draft("RGB", (MOST_SIDE, MOST_SIDE))
        image.load()
        small: Image.Image = image
        if image.mode.startswith(("I", "F")):
            # 16 bits of grey: `convert` alone would make nearly all of it white.
            small = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
        # Small before anything else makes a copy of it.
        small.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.LANCZOS)
        return _on_white(ImageOps.exif_transpose(small))


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "P" or "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGB", image.size, cards.WHITE)
        ground.paste(image, mask=image.getchannel("A"))
        return ground
    return image.convert("RGB")


def _letterboxed(image: Image.Image) -> Image.Image:
    """At least LEAST_SIDE each way: enlarged up to twice, the rest is white margin."""
    longest = max(image.size)
    if longest < LEAST_SIDE:
        scale = min(LEAST_SIDE / longest, 2)
        size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
        image = image.resize(size, Image.Resampling.LANCZOS)
    width, height = max(image.width, LEAST_SIDE), max(image.height, LEAST_SIDE)
    if (width, height) == image.size:
        return image
    sheet = Image.new("RGB", (width, height), cards.WHITE)
    sheet.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return sheet
