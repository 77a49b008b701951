"""A merchant stops the sending: what is out is taken in, the rest stays due until the next cycle or request."""

import pytest

from catalog.models import SyncConfig
from evosync.base import clock
from evosync.watching import stranded
from vkmarket import publishing
from vkmarket.models import Listing, SyncRun, VkAlbumPlace, VkCachedProduct
from vkmarket.sending import Sender
from vkmarket.tasks import request_sync

GOODS = 60


@pytest.fixture
def stopped(shop, merchant, sync, monkeypatch):
    """A first round of many goods that the merchant stops after its first batch."""
    for number in range(GOODS):
        shop.put(f"Чай чёрный № {number}")
    send_batch = Sender._send_batch

    def send_and_stop(sender, listings):
        send_batch(sender, listings)
        publishing.stop(merchant)

    with monkeypatch.context() as patched:
        patched.setattr(Sender, "_send_batch", send_and_stop)
        return sync()


def test_stopping_leaves_the_rest_due_and_is_no_failure(stopped, shop, merchant):
    run = SyncRun.objects.get()
    assert (run.status, run.error, run.progress) == ("done", "stopped", {})
    assert 0 < len(shop.visible()) < GOODS
    assert Listing.objects.due(clock.now()).count() == GOODS - len(shop.visible())
    assert stopped.code == 0


def test_nobody_revives_what_the_merchant_stopped(stopped, merchant, later):
    later(minutes=5)
    assert stranded(clock.now()) == []
    SyncConfig.objects.update(stopped_at=None)
    assert [one.user for one in stranded(clock.now())] == [merchant]


def test_asking_again_ends_the_stop_and_sends_the_rest(stopped, shop, merchant, sync):
    assert request_sync(merchant.pk)
    assert SyncConfig.objects.get().stopped_at is None
    publishing.stop(merchant)
    sync()
    assert len(shop.visible()) == GOODS


def test_stopping_twice_is_one_stop(merchant):
    assert publishing.stop(merchant)
    assert not publishing.stop(merchant)


def test_the_mirror_knows_places_search_words_and_when_it_was_read(sandbox, shop, merchant, sync):
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай"})
    shop.put("Чай ЧЁРНЫЙ листовой", parent_id=group)
    shop.put("Кофе зерновой")
    sync()
    sync()
    merchant.vk.community.refresh_from_db()
    assert merchant.vk.community.market_read_at is not None
    tea = VkCachedProduct.objects.get(search_text__contains="черный")
    places = dict(VkAlbumPlace.objects.values_list("item_id", "album_id"))
    assert places.pop(tea.item_id) == tea.albums[0]
    assert set(places.values()) == {0}
