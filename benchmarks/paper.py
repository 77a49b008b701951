"""The tables in docs/performance.md, each between two marks that name its database and benchmark."""

import os
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from .figures import Figure

PAPER = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
HEADINGS = ("what", "measured", "at most", "reached", "")


def table(figures: list[Figure]) -> str:
    lines = [HEADINGS, ["---"] * len(HEADINGS), *(figure.cells() for figure in figures)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def section(title: str, command: str, database: str, figures: list[Figure]) -> str:
    where = f"{database}, Python {platform.python_version()}, {os.cpu_count()} cores, {sys.platform}"
    return f"### {title}\n`{command}` · {where} · {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n\n{table(figures)}"


def put(text: str, mark: str, made: str) -> str:
    """The paper with `made` between the marks; ValueError if it has none of that name."""
    pattern = re.compile(rf"(<!-- {re.escape(mark)} -->\n).*?(<!-- /{re.escape(mark)} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"no marks of {mark} in the paper")
    return pattern.sub(lambda found: f"{found[1]}{made}\n{found[2]}", text)


def write(mark: str, made: str) -> None:
    PAPER.write_text(put(PAPER.read_text(encoding="utf-8"), mark, made), encoding="utf-8")
