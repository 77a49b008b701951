"""The papers name what exists: functions, commands, settings, files; and their tables say what the code says."""

import importlib
import re

import pytest
from django.core.management import get_commands
from django.utils.text import slugify

from tests.setup.project import ROOT
from tests.setup.test_env_example import listed
from vkmarket import reasons

PAPERS = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SYNC = ROOT / "docs" / "sync.md"
ROOMS = ("accounts", "catalog", "connections", "evosync", "sandbox", "vkmarket")
# The other dotted names that a paper may hold: methods of the VK API.
VK = ("market", "users", "groups")
DOTTED = re.compile(r"`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def text_of(path) -> str:
    return path.read_text(encoding="utf-8")


def resolve(name: str):
    """The object of a dotted path: its longest part that is a module, then attributes."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module = ".".join(parts[:length])
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is None or not (module + ".").startswith(error.name + "."):
                raise
            continue
        for part in parts[length:]:
            found = getattr(found, part) if hasattr(found, part) else found.__dataclass_fields__[part]
        return found
    raise LookupError(name)


def names_in(path) -> list[str]:
    return sorted({name for name in DOTTED.findall(text_of(path)) if not name.startswith(tuple(f"{v}." for v in VK))})


def rows(path, heading: str) -> list[list[str]]:
    """The cells of the table whose first heading is `heading`."""
    lines = text_of(path).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |")) + 2
    table = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


@pytest.mark.parametrize("name", names_in(SYNC))
def test_what_the_story_of_a_sync_names_exists(name):
    assert name.split(".")[0] in ROOMS, f"{name}: not of this project"
    try:
        resolve(name)
    except (LookupError, AttributeError):
        pytest.fail(f"docs/sync.md names {name}, which does not exist")


def test_the_story_names_many_and_a_wrong_name_would_be_seen():
    assert len(names_in(SYNC)) > 50
    assert resolve("vkmarket.publishing.publish").__name__ == "publish"
    for wrong in ("vkmarket.publishing.publsh", "vkmarket.nowhere.publish"):
        with pytest.raises((LookupError, AttributeError)):
            resolve(wrong)


def test_every_hold_stands_in_its_table_with_its_effect():
    told = {cells[0].strip("`"): cells[2].startswith("is hidden") for cells in rows(SYNC, "hold")}
    assert told == {reason.value: reason in reasons.HIDING for reason in reasons.Reason if reason.value}


def test_every_block_and_every_lane_stands_in_its_table():
    assert {cells[0].strip("`") for cells in rows(SYNC, "block")} == {b.value for b in reasons.Block if b.value}
    assert [int(cells[0].split()[0]) for cells in rows(SYNC, "lane")] == [lane.value for lane in reasons.Lane]


def test_the_commands_of_the_readme_exist():
    readme = text_of(ROOT / "README.md")
    named = set(re.findall(r"^manage (\w+)", readme, re.MULTILINE))
    named |= {name for cells in rows(ROOT / "README.md", "command") for name in re.findall(r"`([a-z_]+)", cells[0])}
    assert {"sync", "add_merchant", "sandbox", "migrate"} <= named
    assert named <= set(get_commands())


def test_the_make_targets_of_the_readme_exist():
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", text_of(ROOT / "README.md"), re.MULTILINE))
    assert {"demo", "test", "run", "check"} <= named <= targets


def test_the_settings_of_the_readme_exist():
    for cells in rows(ROOT / "README.md", "setting"):
        for name in re.findall(r"`([A-Z_]+)`", cells[0]):
            assert name in listed()


def test_the_methods_to_ask_vk_for_are_those_that_the_client_calls():
    known = re.compile(r"[`\"]((?:market|groups|users)\.\w+|execute)[`\"]")
    called = {
        name for path in (ROOT / "connections" / "clients").glob("vk*.py") for name in known.findall(text_of(path))
    }
    asked = text_of(ROOT / "docs" / "connect-vk.md").partition("- methods:")[2].partition(";")[0]
    assert set(known.findall(asked)) == called


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_links_lead_somewhere(paper):
    for link in LINK.findall(text_of(paper)):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (paper.parent / name).resolve() if name else paper
        assert target.exists(), f"{paper.name}: {link}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", text_of(target), re.MULTILINE)
            assert anchor in [slugify(heading) for heading in headings], f"{paper.name}: {link}"
