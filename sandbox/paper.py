"""What the sandbox's pages are made of: templates, places in a long list, tiles for what has no picture."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine

# A folder of their own: app templates share one namespace, and the site has a base.html too.
TEMPLATES = Path(__file__).parent / "templates" / "sandbox"
ON_PAGE = 40
# Classes `tone0` … of style.css.
TONES = 8


@dataclass(slots=True)
class Page:
    """An answer for a browser."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "text/html; charset=utf-8"


class Mistake(Exception):
    """What the person typed cannot be done; says why, in Russian."""


@cache
def _engine() -> Engine:
    # An engine of its own needs no settings: the sandbox also runs without Django set up.
    return Engine(dirs=[str(TEMPLATES)], debug=False)


def render(template: str, status: int = 200, **values: Any) -> Page:
    context = Context(values, use_l10n=False, use_tz=False)
    return Page(status, _engine().get_template(template).render(context))


def style() -> Page:
    text = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return Page(200, text, {"Cache-Control": "max-age=300"}, "text/css; charset=utf-8")


def tile(name: str) -> dict[str, Any]:
    """A letter on a colour of its own for what has no picture; the same name, the same tile."""
    letter = next((sign for sign in name if sign.isalnum()), "?").upper()
    return {"letter": letter, "tone": hashlib.blake2b(name.encode(), digest_size=1).digest()[0] % TONES}


def place(query: dict[str, str], count: int) -> tuple[int, int]:
    """The page asked for, within those there are, and how many there are."""
    pages = max(1, -(-count // ON_PAGE))
    text = query.get("page", "1")
    return min(max(1, int(text)) if text.isdecimal() else 1, pages), pages


def pager(page: int, pages: int, link: str) -> dict[str, Any]:
    return {"page": page, "pages": pages, "previous": page - 1, "following": page + 1, "link": link}
