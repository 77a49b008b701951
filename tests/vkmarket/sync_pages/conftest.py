import pytest
from django.test import Client

from tests import factories


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner(db):
    return factories.VkConnectionFactory().user


@pytest.fixture
def community(owner):
    return owner.vk.community


@pytest.fixture
def store(owner):
    return factories.CachedStoreFactory(connection=factories.EvotorConnectionFactory(user=owner))


@pytest.fixture
def browser(owner):
    return logged_in(owner)


@pytest.fixture
def stranger(db):
    return logged_in(factories.VkConnectionFactory().user)


@pytest.fixture
def newcomer(db):
    """Nothing is connected."""
    return logged_in(factories.UserFactory())


@pytest.fixture
def asked(monkeypatch):
    """Jobs that were asked for: their names and options."""
    jobs = []

    def note(job, *args, **options):
        jobs.append((job.rsplit(".", 1)[-1], args, options))

    monkeypatch.setattr("vkmarket.tasks.enqueue", note)
    monkeypatch.setattr("vkmarket.publishing.enqueue", note)
    return jobs


def text_of(answer) -> str:
    return " ".join(answer.content.decode().replace("\xa0", " ").split())
