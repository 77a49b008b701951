"""Many rows written one way: new ones inserted, known ones updated, in the order of their key."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F

from accounts.models import User
from catalog.models import CachedStore
from connections.models import EvotorConnection, Pace
from evosync.base import upsert as module
from evosync.base.upsert import retry_deadlocks, upsert

ROOT = Path(__file__).resolve().parents[2]
KEY = ("connection", "evotor_id")


@pytest.fixture
def till(db):
    return EvotorConnection.objects.create(user=User.objects.create_user("lavka@example.org"))


def store(till, number, name, address=""):
    return CachedStore(connection=till, evotor_id=f"{number:04}", name=name, address=address, hash="")


def names():
    return dict(CachedStore.objects.values_list("evotor_id", "name"))


def test_new_rows_are_inserted_and_known_ones_updated(till):
    upsert(CachedStore, [store(till, 1, "Чай"), store(till, 2, "Кофе")], KEY, ["name"])
    known = CachedStore.objects.get(evotor_id="0002").pk
    upsert(CachedStore, [store(till, 2, "Кофейня"), store(till, 3, "Мёд")], KEY, ["name"])
    assert names() == {"0001": "Чай", "0002": "Кофейня", "0003": "Мёд"}
    assert CachedStore.objects.get(evotor_id="0002").pk == known


def test_only_the_named_fields_of_a_known_row_change(till):
    upsert(CachedStore, [store(till, 1, "Чай", "Тверская, 1")], KEY, ["name", "address"])
    upsert(CachedStore, [store(till, 1, "Чайная", "Арбат, 2")], KEY, ["name"])
    assert CachedStore.objects.values_list("name", "address").get() == ("Чайная", "Тверская, 1")


def test_rows_are_written_in_the_order_of_their_key(till):
    upsert(CachedStore, [store(till, number, "Чай") for number in (9, 3, 7, 1)], KEY, ["name"])
    assert list(CachedStore.objects.order_by("pk").values_list("evotor_id", flat=True)) == [
        "0001",
        "0003",
        "0007",
        "0009",
    ]


def test_no_transaction_spans_more_than_a_batch(till, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(module, "BATCH", 2)
    # Three inserts for five rows, each whole or not at all; no savepoint in a caller's transaction.
    with django_assert_num_queries(3):
        upsert(CachedStore, [store(till, number, "Чай") for number in range(5)], KEY, ["name"])
    assert len(names()) == 5


def test_a_generator_without_rows_writes_nothing(till, django_assert_num_queries):
    with django_assert_num_queries(0):
        upsert(CachedStore, iter(()), KEY, ["name"])


@pytest.fixture
def outermost(transactional_db, monkeypatch):
    monkeypatch.setattr(module.clock, "sleep", lambda seconds: None)


@pytest.mark.parametrize("code", [1205, 1213])
def test_a_lost_deadlock_is_tried_again(outermost, code):
    tries = []

    def work():
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError(code, "try restarting transaction")
        return "written"

    assert retry_deadlocks(work) == "written"
    assert len(tries) == 3


@pytest.mark.parametrize(("code", "tries"), [(1213, 4), (2006, 1)])
def test_it_gives_up_after_its_tries_and_at_once_on_anything_else(outermost, code, tries):
    made = []

    def work():
        made.append(1)
        raise OperationalError(code, "no")

    with pytest.raises(OperationalError):
        retry_deadlocks(work, tries=4)
    assert len(made) == tries


def test_inside_somebodys_transaction_the_owner_decides(outermost):
    """The rollback has taken the outer work with it: trying again here would lose it in silence."""
    made = []

    def work():
        made.append(1)
        raise OperationalError(1213, "deadlock")

    with pytest.raises(OperationalError), transaction.atomic():
        assert connection.in_atomic_block
        retry_deadlocks(work)
    assert len(made) == 1


PREPARE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", "catalog", verbosity=0)
from accounts.models import User
from catalog.models import CachedStore
from connections.models import EvotorConnection
user = User.objects.create(email="lavka@example.org")
till = EvotorConnection.objects.create(user=user)
CachedStore.objects.create(connection=till, evotor_id="1", name="Чай", hash="")
"""

WRITER = """
import random, threading
import django
django.setup()
from catalog.models import CachedProduct, CachedStore
from django.db import connection
from evosync.base.upsert import upsert
store = CachedStore.objects.get()
faults = []
def write(seed):
    choose = random.Random(seed)
    numbers = list(range(700))
    try:
        for turn in range(3):
            choose.shuffle(numbers)
            rows = [CachedProduct(store=store, evotor_id=f"{n:04}", name=f"Чай {seed} {turn}", type="NORMAL", hash="")
                    for n in numbers]
            upsert(CachedProduct, rows, ["store", "evotor_id"], ["name"])
    except Exception as fault:
        faults.append(repr(fault))
    finally:
        connection.close()
threads = [threading.Thread(target=write, args=(SEED * 10 + n,)) for n in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(CachedProduct.objects.count(), *faults)
"""


def test_writers_of_the_same_rows_in_any_order_all_end(tmp_path, own_database):
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_DATABASE_URL": own_database,
        "PYTHONPATH": str(ROOT),
    }
    run = {"env": env, "cwd": tmp_path, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    made = subprocess.run([sys.executable, "-c", PREPARE], **run)
    assert made.returncode == 0, made.stderr
    writers = [subprocess.Popen([sys.executable, "-c", f"SEED = {n}\n{WRITER}"], **run) for n in range(2)]
    told = [writer.communicate(timeout=100) for writer in writers]
    assert [out.strip() for out, _errors in told] == ["700", "700"], told


@pytest.mark.mariadb
def test_a_deadlock_is_broken_and_both_writes_happen(outermost):
    """Two transactions that take the same two rows in opposite order: MariaDB ends one, and it is tried again."""
    Pace.objects.bulk_create([Pace(key="a"), Pace(key="b")])
    both_hold_one, tries, faults = threading.Barrier(2, timeout=10), [], []

    def swap(first, second):
        def work():
            tries.append(first)
            with transaction.atomic():
                Pace.objects.filter(key=first).update(slot=F("slot") + 1)
                if len(tries) <= 2:
                    both_hold_one.wait()
                Pace.objects.filter(key=second).update(slot=F("slot") + 1)

        try:
            retry_deadlocks(work)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    writers = [threading.Thread(target=swap, args=keys) for keys in (("a", "b"), ("b", "a"))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    assert faults == []
    assert len(tries) == 3, "one of the two was the victim, once"
    assert set(Pace.objects.values_list("slot", flat=True)) == {2}
