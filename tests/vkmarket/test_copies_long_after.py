"""A copy that the merchant makes by hand is never taken for ours, however long ago we made and deleted items."""

import pytest

from evosync import pruning
from sandbox import seed
from vkmarket.models import Attempt, Listing

pytestmark = pytest.mark.django_db


def test_of_a_good_whose_twin_we_have_deleted(shop, sync, sandbox, later):
    shop.put("Чай чёрный")
    sync()
    listing, first = Listing.objects.get(), Attempt.objects.get(kind="create")
    sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Чай чёрный", sku=listing.sku)
    Attempt.objects.create(
        listing=listing, kind="create", state="absent", fence=0, sent_at=first.sent_at, after=first.after
    )
    for _ in range(2):
        sync()
    later(days=31)
    pruning.prune()
    copy = sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Мой чай", sku=listing.sku)
    sync()
    assert {copy, listing.vk_item_id} == {item["id"] for item in shop.items()}


def test_of_a_good_that_we_have_deleted(shop, sync, sandbox, merchant, later):
    merchant.sync_config.delete_absent = True
    merchant.sync_config.save()
    tea = shop.put("Чай чёрный")
    shop.put("Кофе")
    sync()
    listing = Listing.objects.get(source__product__evotor_id=tea)
    shop.remove(tea)
    for _ in range(2):
        sync()
    assert shop.titles() == ["Кофе"]
    later(days=31)
    pruning.prune()
    copy = sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Мой чай", sku=listing.sku)
    shop.put("Чай чёрный", id=tea, price="90.00")
    sync()
    assert shop.titles() == ["Кофе", "Мой чай", "Чай чёрный"]
    listing.refresh_from_db()
    assert listing.vk_item_id not in (None, copy)
