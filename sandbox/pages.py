"""Two bare pages for people: `/till` (the cash register) and `/window` (the shop as a visitor of VK sees it)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Page:
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def answer(sandbox, verb: str, path: str, query: dict[str, str], form: dict[str, str]) -> Page:
    return Page(404, "<h1>404</h1>")
