"""SIGKILL of the whole process group at every kind of call: the next run recovers with no hand work."""

import pytest

from tests.killing.kinds import GATES, READS, WRITES, met
from tests.killing.laws import assert_recovers

pytestmark = pytest.mark.django_db


def test_the_second_day_meets_every_kind_of_call(second_day):
    """Else a kind would be killed at nowhere."""
    assert_recovers(second_day)
    entries = second_day.sandbox.journal.entries()
    kinds = set().union(*map(met, entries))
    assert kinds == {*WRITES, *READS}
    known = {method for method, _match in WRITES.values()} | {method for _api, method, _match in READS.values()}
    unheld = {entry["method"] for entry in entries if entry["api"] == "vk"} - known
    assert unheld == {"execute"}


@pytest.mark.parametrize("gate", GATES)
def test_killed(second_day, gate):
    sandbox = second_day.sandbox
    number = sandbox.gates.add(**GATES[gate])
    second_day.work_until(number).kill_group()
    # What VK had not done is never done now; the answer of what it has done is lost.
    sandbox.gates.release(number, "drop")
    second_day.let_pass(minutes=3)
    assert_recovers(second_day)
