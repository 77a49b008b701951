"""A showcase of many goods, and the job that takes them out."""

import pytest

from catalog.models import SyncConfig
from connections.models import VkConnection
from vkmarket import removal_round, removals, tasks
from vkmarket.models import Removal

GOODS = 30


@pytest.fixture(autouse=True)
def short_waits(settings):
    settings.VK_CALL_DEADLINE, settings.VK_READ_LAG, settings.LEASE_SECONDS = 0.5, 0.3, 30


@pytest.fixture
def full(shelf, sync):
    """A showcase of many goods; the till's ids."""
    products = shelf(GOODS)
    sync()
    return products


@pytest.fixture
def work(merchant):
    """Do what the job does; what it says."""
    return lambda **scope: tasks.publish_slice(VkConnection.objects.get(user=merchant).pk, **scope)


@pytest.fixture
def stop_after_a_batch(merchant, monkeypatch):
    """The merchant presses «Остановить» once the first batch is out."""
    request = removal_round.Exchange.request

    def request_and_stop(exchange, intentions):
        request(exchange, intentions)
        removals.stop(merchant)

    monkeypatch.setattr(removal_round.Exchange, "request", request_and_stop)


def last() -> removals.Progress:
    return removals.look(Removal.objects.latest("pk"))


def switch_on() -> None:
    SyncConfig.objects.update(enabled=True)
