"""SIGKILL while everything is taken out of VK: the watchdog has it ended, and then VK is disconnected."""

import pytest

from tests.killing import shop

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_removal_that_was_killed_ends_by_itself(scene, when):
    sandbox = scene.sandbox
    foreign, there = shop.foreign(sandbox), shop.shown(sandbox).total()
    scene.do("remove")
    gate = sandbox.gates.add(api="vk", method="market.edit", match={"deleted": "1"}, when=when, skip=2)
    scene.work_until(gate).kill_group()
    sandbox.gates.release(gate, "drop")
    assert 0 < shop.shown(sandbox).total() < there
    scene.let_pass(minutes=5)
    assert "1 removals gone on with" in scene.do("watch")
    assert shop.shown(sandbox).total() == 0
    assert shop.foreign(sandbox) == foreign
    assert scene.do("watch") == "all well"
