"""Trouble for whole runs: commands as an operator runs them, time that jumps, calls held half-way."""

import functools
import threading
import zlib
from datetime import timedelta

import pytest
from PIL import Image

from connections import linking
from connections.clients import evotor
from connections.clients.vk import VkClient
from evosync.base import clock
from sandbox import seed
from tests.operating import naps, operate
from vkmarket import cards
from vkmarket.models import Attempt

__all__ = ["naps", "operate"]


@pytest.fixture
def later(monkeypatch):
    """Let time go on by so much, for all but the database."""
    real, ahead = clock.now, [timedelta()]
    monkeypatch.setattr(clock, "now", lambda: real() + ahead[0])

    def jump(by: timedelta | None = None, **parts) -> None:
        ahead[0] += by or timedelta(**parts)

    return jump


@pytest.fixture
def impatient(settings, monkeypatch, naps):
    """A silent service is given up after half a second."""
    settings.VK_CALL_DEADLINE = 0.5

    def client(*args, **options):
        return evotor.EvotorClient(*args, **options | {"deadline": 0.5})

    monkeypatch.setattr(linking, "EvotorClient", client)


@pytest.fixture
def meanwhile(sandbox):
    """Do something while a call is held at a gate of the sandbox."""
    threads = []

    def at(do, **gate) -> None:
        number = sandbox.gates.add(**gate)

        def wait():
            if sandbox.gates.wait(number, timeout=20):
                do()
                sandbox.gates.release(number)

        threads.append(threading.Thread(target=wait))
        threads[-1].start()

    yield at
    sandbox.gates.clear()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()


@pytest.fixture
def run_sync(merchant, operate):
    """The command for the merchant alone: `run_sync()` for what scripts read, `run_sync.told()` for people."""

    def run(*words):
        return operate("sync", "--user", merchant.email, "--json", *words)

    run.told = lambda *words: operate("sync", "--user", merchant.email, *words)
    return run


@pytest.fixture
def shelf(shop):
    """Put so many products on the till's shelf; their ids."""
    return lambda count: [shop.put(f"Товар номер {number:02}") for number in range(count)]


@pytest.fixture
def all_is_well(shop, run_sync, later):
    """The next run, a while later, ends the work: every product is there once, confirmed, and nothing is left."""

    def check(count: int) -> None:
        later(minutes=11)
        told = run_sync()
        assert told.code == 0, told
        state = {name: told.values[name] for name in ("confirmed", "waiting", "failed", "unknown")}
        assert state == {"confirmed": count, "waiting": 0, "failed": 0, "unknown": 0}, told
        assert len(shop.items()) == len(shop.visible()) == count
        assert not Attempt.objects.filter(in_flight__isnull=False).exists()

    return check


@pytest.fixture
def token(sandbox):
    """The merchant's token in the sandbox's VK, to take things away from."""
    return sandbox.vk.tokens[seed.VK_TOKEN]


@pytest.fixture
def group(sandbox):
    """The merchant's community in the sandbox's VK."""
    return sandbox.vk.groups[seed.VK_GROUP_ID]


@pytest.fixture
def adds(sandbox):
    """The adds that VK did, answered or not."""
    return lambda: [entry for entry in sandbox.journal.entries(method="market.add") if entry["committed"]]


@pytest.fixture
def vk(sandbox):
    """A client with the merchant's token."""
    return VkClient(seed.VK_TOKEN, base_url=sandbox.vk_url)


@pytest.fixture
def plain_cards(monkeypatch):
    """Cards without letters, told apart by their colour: drawn in no time."""

    @functools.cache
    def draw(name, color, place=None):
        hue = zlib.crc32(name.encode())
        image = Image.new("RGB", (400, 400), (hue & 255, hue >> 8 & 255, hue >> 16 & 255))
        return cards.encode(cards.told_apart(image, place), 60)

    monkeypatch.setattr(cards, "draw", draw)
    return draw


@pytest.fixture
def shrunk(shop, sync):
    """Forty goods in VK of which twenty-five have left the till."""
    products = [shop.put(f"Товар номер {number}") for number in range(40)]
    sync()
    for product in products[:25]:
        shop.remove(product)
    return products
