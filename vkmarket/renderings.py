"""Texts as VK renders them: what differs only in its manner of writing is the same."""

import html
import re

_QUOTES = str.maketrans(dict.fromkeys("«»„“”‟″", '"') | dict.fromkeys("‘’‚‛′`", "'") | dict.fromkeys("–—−", "-"))
_SPACES = re.compile(r"\s+")


def same_text(sent: str, seen: str) -> bool:
    """Equal once entities, spaces, quotes and dashes are read alike: VK has its own rendering."""
    return sent == seen or plain(sent) == plain(seen)


def plain(text: str) -> str:
    """The text in the one writing that all its renderings share."""
    return _SPACES.sub(" ", html.unescape(text).translate(_QUOTES)).strip()
