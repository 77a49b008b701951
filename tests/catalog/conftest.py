import pytest

from catalog.refreshing import refresh
from sandbox.server import Sandbox
from tests.factories import EvotorConnectionFactory

from .till import Shop, Till


@pytest.fixture
def connection(db):
    return EvotorConnectionFactory(is_online=False)


@pytest.fixture
def shop():
    """A shop of five products, three of them in groups."""
    shop = Shop()
    shop.add_group("tea", name="Чай")
    shop.add_group("green", name="Зелёный", parent_id="tea")
    for product_id, parent in (("a", "tea"), ("b", "green"), ("c", "green"), ("d", None), ("e", None)):
        shop.add(product_id, name=f"Чай {product_id}", quantity=7, **({"parent_id": parent} if parent else {}))
    return shop


@pytest.fixture
def till(shop):
    return Till(S=shop)


@pytest.fixture
def read(connection, till):
    """Refresh the merchant's catalog from the till."""
    return lambda: refresh(connection, client=till)


@pytest.fixture(scope="module")
def running():
    """Evotor's imitation over real HTTP, shared by the tests of a module."""
    with Sandbox(products=60) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running, monkeypatch):
    """The imitation as it opens; pauses between tries take no time."""
    running.reset()
    running.evotor.switch("rate_limit", False)
    monkeypatch.setattr("evosync.base.clock.sleep", lambda seconds: None)
    return running
