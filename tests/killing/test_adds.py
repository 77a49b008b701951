"""SIGKILL around adds, which VK makes anew each time: no duplicate, nothing lost, whatever VK does with pictures."""

import time

import pytest

from tests.killing import shop
from tests.killing.laws import assert_recovers

pytestmark = pytest.mark.django_db
MANY = 9
# More than go singly: their pictures go five in one.
BULK = 27


@pytest.fixture(params=[True, False], ids=["photo once", "photo again"])
def vk(scene, request):
    """VK takes a picture for one item only, or for several."""
    scene.sandbox.vk.switches["photo_single_use"] = request.param
    return scene


def stock(scene, count: int) -> None:
    for number in range(count):
        shop.put(scene.sandbox, f"Товар номер {number}")


def killed_at(scene, **gate) -> int:
    number = scene.sandbox.gates.add(**gate)
    scene.work_until(number).kill_group()
    return number


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_in_a_batch_of_adds(vk, when):
    stock(vk, MANY)
    vk.sandbox.gates.release(killed_at(vk, method="market.add", when=when, skip=MANY // 2), "drop")
    vk.let_pass(minutes=3)
    assert_recovers(vk)


def test_an_add_that_happens_long_after_its_worker_died(vk):
    stock(vk, 1)
    gate = killed_at(vk, method="market.add", when="before")
    # Past every wait, so that a second add has been made when the first one happens after all.
    vk.let_pass(minutes=3)
    vk.do("settle")
    vk.sandbox.gates.release(gate, "go")
    until = time.monotonic() + 20
    while any(entry["outcome"] == "running" for entry in vk.sandbox.journal.entries(method="market.add")):
        assert time.monotonic() < until
        time.sleep(0.01)
    vk.let_pass(minutes=20)
    assert_recovers(vk)


def test_an_add_that_happens_within_the_lag_is_found(scene):
    stock(scene, 1)
    gate = killed_at(scene, method="market.add", when="before")
    scene.sandbox.gates.release(gate, "go")
    scene.let_pass(minutes=3)
    assert_recovers(scene)
    assert len(scene.sandbox.journal.entries(method="market.add")) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_pictures_are_saved_in_bulk(scene, when):
    stock(scene, BULK)
    gate = killed_at(scene, method="market.saveProductPhotoBulk", when=when, skip=2)
    scene.sandbox.gates.release(gate, "drop")
    scene.let_pass(minutes=3)
    assert_recovers(scene)


def test_two_workers_at_once(second_day):
    """One has the community, the other finds it taken: together they do it all once."""
    works = [second_day.begin("sync") for _worker in range(2)]
    told = sorted(work.end()["status"] for work in works)
    assert told in (["busy", "done"], ["done", "done"])
    assert_recovers(second_day)
    assert len(second_day.sandbox.journal.entries(method="market.add")) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_token_revoked_in_the_middle_of_a_batch(second_day, when):
    """The connection goes red, nothing is lost, and after reconnecting all goes on."""
    sandbox = second_day.sandbox
    gate = sandbox.gates.add(method="market.edit", when=when, skip=2)
    work = second_day.work_until(gate)
    sandbox.faults.add(method="*", code=5, times=None)
    sandbox.gates.release(gate, "go")
    told = work.end()
    assert (told["status"], told["is_online"], told["last_error"]) == ("failed", False, "token")
    calls = sandbox.journal.calls()
    assert second_day.do("sync")["is_online"] is False
    assert sandbox.journal.writes_since(calls) == []
    sandbox.faults.clear()
    second_day.reconnect()
    assert_recovers(second_day)
