"""The rooms' one-way rule: imports go down only, turn in no circle, and the sandbox stands apart."""

import ast
import copy
from functools import cache
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.setup.project import ROOT, files

# What each room may import beside itself and `evosync.base`. `evosync` itself may import all of them.
ROOMS = {
    "accounts": (),
    "connections": ("accounts",),
    "catalog": ("accounts", "connections"),
    "vkmarket": ("accounts", "connections", "catalog"),
    "orders": ("accounts", "connections", "catalog"),
    "webhooks": ("accounts", "connections", "catalog", "vkmarket", "orders"),
}
BASE = "evosync.base"
ABOVE_ALL = "evosync"
SANDBOX = "sandbox"
# What shows the sandbox to a person.
STAND_INS = ("evosync.demo", "evosync.management.commands.run")


def module_of(path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def sources() -> dict[str, ast.Module]:
    """Every module of the rooms, parsed, by its name; migrations are Django's."""
    own = (*ROOMS, ABOVE_ALL, SANDBOX)
    paths = [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in own]
    return {module_of(path): ast.parse(path.read_bytes()) for path in paths if "migrations" not in path.parts}


@cache
def packages() -> set[str]:
    return {module_of(path) for path in files() if path.name == "__init__.py"}


def imported(tree: ast.Module, module: str) -> set[str]:
    """Dotted names that a module imports, inside functions too; `from a import b` is both `a` and `a.b`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            steps = node.level - (module in packages())
            here = module.split(".")[: -steps or None] if node.level else []
            source = ".".join([*here, *([node.module] if node.module else [])])
            found |= {source, *(f"{source}.{alias.name}" for alias in node.names)}
    return found


def room_of(name: str) -> str:
    """The room of a dotted name, "" for what is not ours."""
    if name == BASE or name.startswith(f"{BASE}."):
        return BASE
    first = name.partition(".")[0]
    return first if first in (*ROOMS, ABOVE_ALL, SANDBOX) else ""


def allowed(module: str) -> set[str]:
    """The rooms that a module may import from, its own among them."""
    room = room_of(module)
    if room in (BASE, SANDBOX):
        return {room}
    if room == ABOVE_ALL:
        return {*ROOMS, BASE, ABOVE_ALL} | ({SANDBOX} if module in STAND_INS else set())
    return {room, *ROOMS[room], BASE}


def strays(tree: ast.Module, module: str) -> list[str]:
    """The imports of a module that go up, or where nobody goes."""
    # `from evosync.base import clock` names the folder `evosync` on the way: only the whole names count.
    names = {name for name in imported(tree, module) if room_of(name) and name != ABOVE_ALL}
    return sorted(name for name in names if room_of(name) not in allowed(module))


def pages_of(name: str) -> str:
    """The pages of a room that a dotted name lies in ("sync_pages"), "pages" for what they share, "" for neither."""
    second = f"{name}.".split(".")[1]
    return second if room_of(name) in ROOMS and (second == "pages" or second.endswith("_pages")) else ""


def sideways(tree: ast.Module, module: str) -> list[str]:
    """What a module imports of its room's pages and should not: they share by `pages`, and nothing below knows them."""
    room, own = room_of(module), pages_of(module)
    free = {"", own} | ({"pages"} if own else set())
    return sorted(name for name in imported(tree, module) if room_of(name) == room and pages_of(name) not in free)


class WithoutTypes(ast.NodeTransformer):
    """Leaves out what only a type checker imports: that loads nothing."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return node.orelse
        return self.generic_visit(node)


def loads(tree: ast.Module, module: str) -> set[str]:
    """What a module imports when it runs."""
    return imported(WithoutTypes().visit(copy.deepcopy(tree)), module)


def circle(modules: dict[str, ast.Module]) -> list[str]:
    """Modules that import one another round and round; none if there are none."""
    # A folder's own `__init__` is there before anything in it.
    above = {module: {name for name in modules if module.startswith(f"{name}.")} for module in modules}
    graph = {module: (loads(tree, module) & modules.keys()) - {module} for module, tree in modules.items()}
    try:
        TopologicalSorter({module: names - above[module] for module, names in graph.items()}).prepare()
    except CycleError as error:
        return error.args[1]
    return []


@pytest.mark.parametrize("room", [*ROOMS, BASE, ABOVE_ALL, SANDBOX])
def test_imports_go_down_only(room):
    modules = {module: tree for module, tree in sources().items() if room_of(module) == room}
    wrong = {module: found for module, tree in modules.items() if (found := strays(tree, module))}
    assert not wrong


def test_pages_do_not_import_one_another():
    assert {"pages", "sync_pages", "catalog_pages", "decision_pages"} <= {pages_of(module) for module in sources()}
    assert not {module: found for module, tree in sources().items() if (found := sideways(tree, module))}


def test_imports_turn_in_no_circle():
    assert circle(sources()) == []


def test_the_rooms_are_all_looked_at():
    empty = {"orders", "webhooks"}
    assert {room_of(module) for module in sources()} | empty == {*ROOMS, BASE, ABOVE_ALL, SANDBOX}
    assert set(STAND_INS) <= sources().keys()


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("catalog.refreshing", "from vkmarket.models import Listing"),
        ("catalog.refreshing", "from evosync import settings"),
        ("connections.linking", "def later():\n    import catalog.models"),
        ("connections.clients.vk", "from ...catalog import models"),
        ("evosync.base.clock", "from ..logs import config"),
        ("evosync.base.clock", "from accounts.models import User"),
        ("orders.reports", "from vkmarket.models import Listing"),
        ("evosync.views", "from sandbox import seed"),
        ("vkmarket.models", "import sandbox.seed"),
        ("sandbox.vk", "from evosync.base import clock"),
        ("sandbox.vk", "from connections.clients import vk"),
    ],
)
def test_a_way_up_is_seen(module, line):
    assert strays(ast.parse(line), module)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("catalog.refreshing", "from evosync.base import clock"),
        ("catalog.refreshing", "from . import absence\nfrom connections.models import EvotorConnection"),
        ("evosync.demo", "from sandbox import seed\nfrom vkmarket import categories"),
        ("evosync.base.upsert", "from . import clock"),
        ("sandbox.vk", "from sandbox.calls import Call\nfrom django.conf import settings"),
    ],
)
def test_a_way_down_is_free(module, line):
    assert strays(ast.parse(line), module) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("vkmarket.sync_pages.home", "from vkmarket.catalog_pages.stores import cards_of"),
        ("vkmarket.sync_pages.home", "from ..catalog_pages import stores"),
        ("vkmarket.pages.promises", "from vkmarket.sync_pages import live"),
        ("vkmarket.publishing", "from .pages.promises import promised"),
    ],
)
def test_a_way_sideways_is_seen(module, line):
    assert sideways(ast.parse(line), module)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        (
            "vkmarket.sync_pages.home",
            "from vkmarket.pages import wording\nfrom . import live",
        ),
        ("vkmarket.pages.category_picker", "from vkmarket.models import VkCategory\nfrom .addresses import way_back"),
        ("evosync.views", "from vkmarket.sync_pages import live"),
    ],
)
def test_pages_may_use_what_is_below_and_beside(module, line):
    assert sideways(ast.parse(line), module) == []


def test_a_circle_is_seen():
    round_about = {"vkmarket.a": "from . import b", "vkmarket.b": "from .c import d", "vkmarket.c": "import vkmarket.a"}
    assert set(circle({name: ast.parse(text) for name, text in round_about.items()})) == round_about.keys()


def test_what_only_a_type_checker_imports_closes_no_circle():
    below = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import A"
    modules = {"vkmarket.a": "from . import b", "vkmarket.b": below}
    assert circle({name: ast.parse(text) for name, text in modules.items()}) == []
