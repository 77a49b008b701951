import pytest
from django.test import Client

from connections import linking
from connections.clients.vk import VkClient
from evosync.base import clock
from sandbox.server import Sandbox
from tests.factories import UserFactory

from .scripted import ScriptedServer
from .vk_answers import TOKEN, Pace


@pytest.fixture
def server():
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def naps(monkeypatch):
    """Pauses are written down instead of slept."""
    slept: list[float] = []
    monkeypatch.setattr(clock, "sleep", slept.append)
    return slept


@pytest.fixture(scope="session")
def running():
    """The imitations of Evotor and VK over real HTTP, without goods, shared by the tests of this room."""
    with Sandbox(empty=True) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running, settings, monkeypatch):
    """The imitations as they open, under the addresses of the settings; no limit on requests, no waiting."""
    running.reset()
    running.evotor.switch("rate_limit", False)
    running.vk.switch("rate_limit", False)
    settings.EVOTOR_API_URL, settings.VK_API_URL = running.evotor_url, running.vk_url
    monkeypatch.setattr(clock, "sleep", lambda seconds: None)
    return running


@pytest.fixture
def paces(monkeypatch):
    """Which paces the clients asked, by key and whether a person waits."""
    asked: list[tuple[str, bool]] = []

    class Noted(linking.SharedPace):
        def wait(self):
            asked.append((self.key, self.interactive))

    monkeypatch.setattr(linking, "SharedPace", Noted)
    return asked


@pytest.fixture
def merchant(db):
    return UserFactory()


@pytest.fixture
def browser(merchant):
    client = Client()
    client.force_login(merchant)
    return client


@pytest.fixture
def pace():
    return Pace()


@pytest.fixture
def client(server, pace):
    return VkClient(TOKEN, base_url=server.url + "/vk", pace=pace, deadline=1)
