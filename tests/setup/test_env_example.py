""".env.example lists every setting that the project reads, with a comment, and nothing that it does not."""

import ast
import re

from tests.setup.project import ROOT

ENTRY = re.compile(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=")
# Asked before `.env` is read, so it cannot stand in it: the tests' way to shut `.env` out.
NOT_IN_DOTENV = {"READ_DOTENV"}


def lines() -> list[str]:
    return (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()


def read_by_settings() -> set[str]:
    """First arguments of env("NAME"), env.bool("NAME"), ... in evosync/settings.py."""
    tree = ast.parse((ROOT / "evosync/settings.py").read_text(encoding="utf-8"))
    names = set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        function = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        if isinstance(function, ast.Name) and function.id == "env" and call.args:
            assert isinstance(call.args[0], ast.Constant), f"line {call.lineno}: the name of a setting is not plain"
            names.add(call.args[0].value)
    return names


def read_by_compose() -> set[str]:
    return set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))


def listed() -> list[str]:
    return [entry[1] for line in lines() if (entry := ENTRY.match(line))]


def test_it_lists_exactly_what_is_read():
    read = read_by_settings()
    assert len(read) > 10
    assert set(listed()) == (read - NOT_IN_DOTENV) | read_by_compose()


def test_it_lists_nothing_twice():
    assert len(listed()) == len(set(listed()))


def test_every_setting_has_its_comment():
    """Above it, or above the block of settings that it stands in."""
    commented = False
    for number, line in enumerate(lines(), 1):
        if ENTRY.match(line):
            assert commented, f"line {number}: {line}"
        else:
            commented = line.startswith("# ") or (commented and bool(line.strip()))
