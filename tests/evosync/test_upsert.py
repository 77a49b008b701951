"""Many rows written one way: new ones inserted, known ones updated, in the order of their key."""

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import User
from catalog.models import CachedStore
from connections.models import EvotorConnection
from evosync.base import upsert as module
from evosync.base.upsert import retry_deadlocks, upsert

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
    # Savepoint, insert, release: three times, for five rows.
    with django_assert_num_queries(9):
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
