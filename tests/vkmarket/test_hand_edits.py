"""What the merchant changes in VK by hand is noticed, whenever it was read and whoever died over it."""

import pytest

from evosync.base import clock
from sandbox import seed
from vkmarket import confirming
from vkmarket.models import Listing


@pytest.fixture
def item(shop):
    return lambda: shop.items()[0]["id"]


def test_a_change_read_within_the_lag_is_read_again_past_it(shop, sync, sandbox, item, later):
    shop.put("Чай чёрный")
    sync()
    sandbox.vk.edit_by_hand(seed.VK_GROUP_ID, item(), name="Чай от руки")
    # Within the lag of our own write: this may be an old answer.
    assert sync().drift == 0
    later(minutes=20)
    assert sync().drift == 1
    assert Listing.objects.get().drift == ["name"]


def test_a_change_survives_the_worker_that_read_it(shop, sync, sandbox, item, later, monkeypatch):
    shop.put("Чай чёрный")
    sync()
    later(minutes=20)
    sandbox.vk.edit_by_hand(seed.VK_GROUP_ID, item(), name="Чай от руки")
    with monkeypatch.context() as dying:
        dying.setattr(confirming, "compare", _die)
        with pytest.raises(KeyboardInterrupt):
            sync()
    assert sync().drift == 1


def test_a_deletion_survives_the_worker_that_read_it(shop, sync, sandbox, item, later, monkeypatch):
    shop.put("Чай чёрный")
    sync()
    later(minutes=20)
    sandbox.vk.delete_by_hand(seed.VK_GROUP_ID, item())
    with monkeypatch.context() as dying:
        dying.setattr(confirming, "compare", _die)
        with pytest.raises(KeyboardInterrupt):
            sync()
    sync()
    assert Listing.objects.get().blocked == "deleted_in_vk"


def test_a_price_that_a_hand_has_set_to_what_the_till_says_is_no_difference(shop, sync, sandbox, item, later):
    tea = shop.put("Чай чёрный", "100.00")
    sync()
    later(minutes=20)
    sandbox.evotor.put_product(shop.store, {"id": tea, "price": "135.00"})
    sandbox.vk.edit_by_hand(seed.VK_GROUP_ID, item(), price=13_500)
    outcome = sync()
    assert (outcome.drift, outcome.confirmed, outcome.waiting) == (0, 1, 0)
    assert Listing.objects.get().drift == []


def _die(*_args) -> None:
    raise KeyboardInterrupt(clock.now())
