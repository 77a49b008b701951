"""SIGKILL of the process group around the commit of an add: no duplicate, nothing lost."""

import time
from contextlib import ExitStack

import pytest

from sandbox import seed
from sandbox.server import Sandbox
from tests.own_database import copied_database, empty_database
from tests.vkmarket.kills import DEADLINE, LAG, Installation

pytestmark = [pytest.mark.xdist_group("kills"), pytest.mark.both_databases]


@pytest.fixture(scope="module")
def connected(tmp_path_factory):
    """An installation with its merchant connected, before anything was published: each test works on a copy."""
    folder = tmp_path_factory.mktemp("kills")
    with Sandbox(empty=True) as sandbox, empty_database(folder) as database:
        made = Installation(folder, database, sandbox)
        made.connect()
        yield made


@pytest.fixture
def scene(connected, tmp_path):
    """A copy of the installation before a shop of so many goods, and a VK that keeps no pace."""
    kept = ExitStack()

    def make(products: int, single_use: bool = True) -> Installation:
        sandbox = kept.enter_context(Sandbox(empty=True))
        sandbox.vk.switches |= {"rate_limit": False, "photo_single_use": single_use}
        for number in range(products):
            fields = {"name": f"Товар номер {number}", "type": "NORMAL", "price": "100.00", "quantity": 5}
            sandbox.evotor.put_product(seed.STORE_ID, fields)
        database = kept.enter_context(copied_database(connected.database, tmp_path))
        return Installation(tmp_path, database, sandbox)

    with kept:
        yield make


def titles(sandbox) -> list[str]:
    return sorted(item["title"] for item in sandbox.vk.visible_items(seed.VK_GROUP_ID))


def assert_whole(installation: Installation, products: int) -> None:
    """Every product is in VK once, a buyer sees it, and nothing is left to do."""
    outcome, again = installation.recover()
    wanted = sorted(f"Товар номер {number}" for number in range(products))
    assert titles(installation.sandbox) == wanted
    assert len(installation.sandbox.vk.items(seed.VK_GROUP_ID)) == products
    assert outcome["confirmed"] == products
    assert [again[name] for name in ("created", "updated", "hidden", "deleted", "waiting")] == [0] * 5


@pytest.mark.parametrize("single_use", [True, False], ids=["photo once", "photo again"])
@pytest.mark.parametrize(("products", "skip"), [(1, 0), (9, 4)], ids=["alone", "in a batch"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_around_the_commit_of_an_add(scene, when, products, skip, single_use):
    installation = scene(products, single_use)
    gate = installation.sandbox.gates.add(method="market.add", when=when, skip=skip)
    installation.kill_at(gate)
    installation.sandbox.gates.release(gate, "drop")
    assert_whole(installation, products)


@pytest.mark.parametrize("single_use", [True, False], ids=["photo once", "photo again"])
def test_an_add_that_commits_long_after_its_worker_died(scene, single_use):
    installation = scene(1, single_use)
    gate = installation.sandbox.gates.add(method="market.add", when="before")
    installation.kill_at(gate)
    # Past every wait, so that a second add has been made when the first one happens after all.
    time.sleep(DEADLINE + LAG + 1)
    installation.recover()
    installation.sandbox.gates.release(gate, "go")
    time.sleep(0.3)
    assert_whole(installation, 1)


def test_an_add_that_commits_within_the_lag_is_found(scene):
    installation = scene(1)
    gate = installation.sandbox.gates.add(method="market.add", when="before")
    installation.kill_at(gate)
    installation.sandbox.gates.release(gate, "go")
    assert_whole(installation, 1)
    adds = installation.sandbox.journal.entries(method="market.add")
    assert len(adds) == 1
