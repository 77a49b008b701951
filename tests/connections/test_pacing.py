"""The pace, alone with a clock that only sleeping moves; and with several callers at once on a real database."""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import DateTimeField, Value
from django.db.models.functions import Cast

from connections.models import Pace
from connections.pacing import SharedPace
from evosync.base import clock

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 3, 6, 11, 30, 0, 100_000, tzinfo=UTC)


class Time:
    """The database's clock and the process's, in step; sleeping moves both."""

    def __init__(self):
        self.passed = 0.0
        self.oversleep = 0.0

    def now(self):
        return START + timedelta(seconds=self.passed)

    def sleep(self, seconds):
        if seconds > 0:
            self.passed += seconds + self.oversleep


@pytest.fixture
def time(monkeypatch):
    owned = Time()
    monkeypatch.setattr(clock, "db_now", lambda: _literal(owned.now()))
    monkeypatch.setattr(clock, "monotonic", lambda: owned.passed)
    monkeypatch.setattr(clock, "sleep", owned.sleep)
    return owned


def _literal(moment):
    """The moment as an expression. MariaDB gives a bare one back as text; SQLite's cast would cut it to thousandths."""
    value = Value(moment, output_field=DateTimeField())
    return Cast(value, DateTimeField()) if connection.vendor == "mysql" else value


def starts(pace, time, count):
    found = []
    for _call in range(count):
        pace.wait()
        found.append(time.passed)
    return found


def test_requests_start_at_least_a_slot_apart(time):
    at = starts(SharedPace("vk:1"), time, 10)
    gaps = [after - before for before, after in pairwise(at)]
    assert min(gaps) > 1 / 2.8 - 0.001
    assert at[-1] < 10 / 2.8 + 0.001


def test_a_slot_begins_at_a_moment_of_the_databases_clock(time):
    slot = SharedPace("vk:1").reserve()[0]
    assert START.timestamp() <= slot / 2.8 <= START.timestamp() + 1 / 2.8


def test_callers_of_one_account_share_its_slots_and_others_do_not(time):
    one, same, other = SharedPace("vk:1"), SharedPace("vk:1"), SharedPace("vk:2")
    first = one.reserve()[0]
    assert (same.reserve()[0], other.reserve()[0]) == (first + 1, first)


def test_time_that_nobody_used_is_gone(time):
    pace = SharedPace("vk:1")
    first = pace.reserve()[0]
    time.passed += 100
    assert pace.reserve()[0] >= first + 279


def test_a_slot_lost_to_another_is_not_taken_twice(time, monkeypatch):
    pace, rival = SharedPace("vk:1"), SharedPace("vk:1")
    read, seen = pace._read, []

    def read_and_lose():
        moment = read()
        if not seen:
            seen.append(rival.reserve()[0])
        return moment

    monkeypatch.setattr(pace, "_read", read_and_lose)
    assert pace.reserve()[0] == seen[0] + 1


def test_one_slot_in_three_is_kept_while_a_page_waits(time):
    work, page = SharedPace("vk:1"), SharedPace("vk:1", interactive=True)
    page.reserve()
    taken = [work.reserve()[0] for _call in range(2)]
    assert not any(slot % 3 == 0 for slot in taken)
    kept = Pace.objects.get().kept_slot
    assert kept % 3 == 0 and kept < max(taken)
    assert page.reserve()[0] == kept
    assert Pace.objects.get().kept_slot == 0


def test_a_page_gets_the_next_slot_when_none_is_kept_or_the_kept_one_is_past(time):
    work, page = SharedPace("vk:1"), SharedPace("vk:1", interactive=True)
    last = work.reserve()[0]
    assert page.reserve()[0] == last + 1
    Pace.objects.update(kept_slot=3)
    assert page.reserve()[0] == last + 2


def test_nothing_is_kept_when_no_page_has_asked_for_a_while(time):
    work, page = SharedPace("vk:1"), SharedPace("vk:1", interactive=True)
    page.reserve()
    time.passed += 3
    slots = [work.reserve()[0] for _call in range(6)]
    assert slots == list(range(slots[0], slots[0] + 6))


def test_too_many_requests_hold_everybody_back(time):
    pace = SharedPace("vk:1")
    pace.wait()
    since = time.passed
    pace.hold_back(1)
    pace.wait()
    assert 1 <= time.passed - since < 1 + 1 / 2.8 + 0.001


def test_a_slot_taken_before_the_hold_is_void(time, monkeypatch):
    pace = SharedPace("vk:1")
    held = []

    def sleep(seconds):
        time.sleep(seconds)
        if not held:
            held.append(time.passed)
            SharedPace("vk:1").hold_back(5)

    monkeypatch.setattr(clock, "sleep", sleep)
    pace.wait()
    assert time.passed - held[0] >= 5


def test_a_hold_never_shortens_another(time):
    pace = SharedPace("vk:1")
    pace.hold_back(10)
    pace.hold_back(1)
    pace.wait()
    assert time.passed >= 10


@pytest.mark.parametrize("interactive", [False, True])
def test_slots_of_a_clock_that_was_ahead_are_nobodys(time, interactive):
    """Else every call would wait for as long as the clock was ahead."""
    pace = SharedPace("vk:1", interactive=interactive)
    pace.wait()
    ahead = Pace.objects.get().slot + 3 * 3600 * 3
    Pace.objects.update(slot=ahead, kept_slot=ahead, held_slot=ahead)
    began = time.passed
    apart = [later - earlier for earlier, later in pairwise(starts(pace, time, 4))]
    assert time.passed - began < 3
    assert min(apart) >= 1 / 2.8 - 1e-6
    Pace.objects.update(slot=ahead, kept_slot=ahead, held_slot=ahead)
    pace.hold_back(1)
    began = time.passed
    pace.wait()
    assert 1 <= time.passed - began < 3


def test_who_oversleeps_takes_another_slot_but_not_for_ever(time):
    time.oversleep = 0.3
    pace = SharedPace("vk:1")
    pace.wait()
    assert Pace.objects.get().slot - (START.timestamp() * 2.8) > 3
    assert time.passed < 5


WORKER = """
import json, sys, threading, time
import django
django.setup()
from connections.pacing import SharedPace
slots, starts = [], []
def work(interactive):
    pace = SharedPace("vk:1", interactive=interactive, per_second=20)
    for _call in range(8):
        slots.append(pace.reserve()[0])
    pace.wait()
    starts.append(time.time())
threads = [threading.Thread(target=work, args=(n == 0,)) for n in range(3)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps({"slots": slots, "starts": starts}))
"""


def test_threads_of_two_processes_never_own_the_same_slot(tmp_path, own_database):
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_DATABASE_URL": own_database,
        "PYTHONPATH": str(ROOT),
    }
    make = [sys.executable, "-m", "django", "migrate", "connections", "--verbosity", "0"]
    subprocess.run(make, env=env, check=True, cwd=tmp_path)
    run = {"env": env, "cwd": tmp_path, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen([sys.executable, "-c", WORKER], **run) for _worker in range(2)]
    told = [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]
    slots = [slot for one in told for slot in one["slots"]]
    assert len(slots) == 48
    assert [slot for slot, times in Counter(slots).items() if times > 1] == []
    begun = sorted(start for one in told for start in one["starts"])
    assert len(begun) == 6
