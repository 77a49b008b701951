"""Time of the tests' own, merchants who wait for their jobs, and a look into the queue."""

from datetime import timedelta

import pytest
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from evosync.base import clock
from tests.factories import MOMENT, EvotorConnectionFactory, SyncConfigFactory, UserFactory, VkConnectionFactory
from tests.operating import operate

__all__ = ["operate"]


class Time:
    def __init__(self):
        self.now = MOMENT

    def on(self, **by) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def time(monkeypatch):
    """Half past eleven, until the test says otherwise."""
    time = Time()
    monkeypatch.setattr(clock, "now", lambda: time.now)
    return time


@pytest.fixture
def trader(db):
    """An active merchant, connected to both, with everything on."""

    def make(**fields):
        user = UserFactory(**fields)
        EvotorConnectionFactory(user=user)
        VkConnectionFactory(user=user)
        SyncConfigFactory(user=user)
        return user

    return make


@pytest.fixture
def queued(db):
    """The jobs that wait, as (cluster, function, arguments); asked for, they are taken out."""

    def take() -> list[tuple]:
        rows = list(OrmQ.objects.order_by("pk"))
        OrmQ.objects.all().delete()
        told = [(row.key, SignedPackage.loads(row.payload)) for row in rows]
        return [(key, task["func"].rpartition(".")[2], *task["args"]) for key, task in told]

    return take


@pytest.fixture
def told(workers):
    """What the workers have said, where a test fails."""
    yield
    print(workers.log.read_text()[-8000:])
