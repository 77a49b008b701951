"""Worlds for whole runs: the sandbox over real HTTP, a merchant connected to it, and clocks that do not wait."""

import signal
import threading
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as properties

from catalog.choices import set_choice
from catalog.models import CachedStore, SyncConfig, SyncFilter
from catalog.refreshing import refresh
from connections import linking
from sandbox import seed
from sandbox.server import Sandbox
from tests.factories import UserFactory
from vkmarket import categories
from vkmarket.syncing import Job

# How long an example takes on a busy machine says nothing.
properties.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
properties.load_profile("untimed")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    # Begun in the background, the tests and all that they start would be deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.both_databases", "tests.own_database"]


class NoPace:
    """Tests own their sandbox: its limit is off, and nobody waits."""

    def __init__(self, *args, **kwargs):
        pass

    def wait(self) -> None:
        pass

    def hold_back(self, seconds: float) -> None:
        pass


@pytest.fixture
def fast(monkeypatch):
    monkeypatch.setattr(linking, "SharedPace", NoPace)


@pytest.fixture
def sandbox(settings, fast):
    """An empty shop with one store, before a VK without a limit of requests."""
    with Sandbox(empty=True) as served:
        served.vk.switches["rate_limit"] = False
        settings.EVOTOR_API_URL, settings.VK_API_URL = served.evotor_url, served.vk_url
        yield served


@pytest.fixture
def shop(sandbox):
    """The store of the sandbox's merchant, with words for what a test does to it."""
    store = seed.STORE_ID

    def put(name: str, price="100.00", **fields) -> str:
        fields = {"type": "NORMAL", "quantity": 5, "measure_name": "шт", "allow_to_sell": True} | fields
        return sandbox.evotor.put_product(store, {"name": name, "price": price, **fields})

    return SimpleNamespace(
        store=store,
        put=put,
        remove=lambda product: sandbox.evotor.remove_product(store, product),
        items=lambda: sandbox.vk.items(seed.VK_GROUP_ID),
        visible=lambda: sandbox.vk.visible_items(seed.VK_GROUP_ID),
        prices=lambda: {
            item["title"]: Decimal(item["price"]["amount"]) / 100 for item in sandbox.vk.visible_items(seed.VK_GROUP_ID)
        },
        titles=lambda: sorted(item["title"] for item in sandbox.vk.visible_items(seed.VK_GROUP_ID)),
    )


@pytest.fixture
def merchant(db, sandbox):
    """A merchant connected to both, with everything switched on and a default category."""
    user = UserFactory()
    linking.link_evotor(user, seed.EVOTOR_TOKEN)
    linking.link_vk(user, seed.VK_TOKEN, seed.VK_GROUP_ID)
    categories.refresh_categories(linking.vk_client(user.vk))
    SyncConfig.objects.create(user=user, enabled=True, default_category_id=min(categories.leaves()))
    refresh(user.evotor)
    for row in CachedStore.objects.filter(connection=user.evotor):
        set_choice(user, SyncFilter.Entity.STORE, row.evotor_id, "", SyncFilter.Mode.INCLUDE)
    return user


@pytest.fixture
def sync(merchant):
    """Run the main job; its values, with the exit code as `code`."""

    def run(*, refresh=True, dry_run=False, approve=False):
        merchant.refresh_from_db()
        outcome = Job(type(merchant).objects.get(pk=merchant.pk)).run(refresh=refresh, dry_run=dry_run, approve=approve)
        return SimpleNamespace(code=outcome.code, text=outcome.text, **outcome.values)

    return run


@pytest.fixture
def writes(sandbox):
    """Methods that changed VK since the last time it was asked."""
    mark = [0]

    def since() -> list[str]:
        entries = sandbox.journal.writes_since(mark[0])
        mark[0] = sandbox.journal.calls()
        return [entry["method"] for entry in entries]

    return since
