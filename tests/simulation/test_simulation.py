"""Stories in processes of their own, as `make simulate` tells them: their settings, their database, one hash seed."""

import subprocess
import sys

import pytest

from tests.setup.project import ROOT

pytestmark = pytest.mark.timeout(1800)


def simulate(*words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tests.simulation", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_no_law_is_broken():
    told = simulate("0:300")
    assert told.returncode == 0, told.stdout + told.stderr
    counts = dict(pair.rsplit("=", 1) for pair in told.stdout.splitlines()[-1].split("; "))
    # It was no calm weather, and most goods were compared in the end rather than excused.
    assert int(counts["kill"]) > 5 and int(counts["freeze"]) > 2 and int(counts["job busy"]) > 2
    excused = sum(int(count) for name, count in counts.items() if name.startswith("blocked") or name == "drift")
    assert int(counts["compared"]) > 2 * excused


def test_the_same_seed_tells_the_same_story():
    first, second = simulate("17:18", "--trace").stdout, simulate("17:18", "--trace").stdout
    # The last two lines tell how long it took.
    assert first.splitlines()[:-2] == second.splitlines()[:-2]
    assert len(first.splitlines()) > 50


@pytest.mark.parametrize("mutant", ["cursor-dropped", "never-due"])
def test_a_planted_fault_is_caught(mutant):
    told = simulate("0:20", "--mutant", mutant)
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"{mutant}: caught by seed" in told.stdout


def test_a_fault_that_nobody_has_planted_is_refused():
    told = simulate("1", "--mutant", "no-such-fault")
    assert told.returncode == 2
    assert "no planted fault is called 'no-such-fault'" in told.stderr


def test_a_killed_worker_leaves_nothing_behind():
    told = subprocess.run(
        [sys.executable, "-m", "tests.simulation.killing"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.stdout.split() == ["committed"], told.stdout + told.stderr
