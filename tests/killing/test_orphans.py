"""SIGKILL of the parent alone: the worker goes on, and writes as a zombie beside the one that takes over."""

import pytest

from tests.killing.kinds import GATES
from tests.killing.laws import assert_recovers

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("gate", GATES)
def test_orphaned(second_day, gate):
    sandbox = second_day.sandbox
    number = sandbox.gates.add(**GATES[gate])
    work = second_day.work_until(number)
    work.kill_parent()
    # The lease lapses while the orphan waits for its answer, and another worker does it all.
    second_day.let_pass(minutes=3)
    second_day.do("sync")
    sandbox.gates.release(number, "go")
    work.end()
    second_day.let_pass(minutes=20)
    assert_recovers(second_day)
