"""A merchant connects another Evotor account while goods of the first stand in VK: over real HTTP."""

import pytest

from catalog.choices import set_choice
from catalog.models import SyncConfig, SyncFilter
from connections import linking
from sandbox import seed
from vkmarket import figures
from vkmarket.models import Listing
from vkmarket.reasons import Reason

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other(sandbox):
    """A product of the second account's store."""

    def put(name: str, price="100.00", **fields) -> str:
        fields = {"type": "NORMAL", "quantity": 5, "measure_name": "шт", "allow_to_sell": True} | fields
        return sandbox.evotor.put_product(seed.SECOND_STORE_ID, {"name": name, "price": price, **fields})

    return put


@pytest.fixture
def move(merchant):
    """Connect the second account, whose store is switched on; `move(seed.EVOTOR_TOKEN)`: the first again."""

    def link(token=seed.SECOND_EVOTOR_TOKEN):
        linking.link_evotor(merchant, token)
        store = SyncFilter.Entity.STORE
        set_choice(merchant, store, seed.SECOND_STORE_ID, "", SyncFilter.Mode.INCLUDE)

    return link


def test_equal_goods_keep_their_items_and_the_others_are_hidden(shop, other, merchant, move, sync):
    shop.put("Чай чёрный", barcodes=["4600000000017"])
    shop.put("Сахар")
    sync()
    items = {one["title"]: one["id"] for one in shop.visible()}
    other("Чай чёрный", price="150.00", barcodes=["4600000000017"])
    other("Корица")
    move()
    told = sync()
    assert shop.titles() == ["Корица", "Чай чёрный"] and told.failed == 0
    assert {one["title"]: one["id"] for one in shop.visible()}["Чай чёрный"] == items["Чай чёрный"]
    assert Listing.objects.get(vk_item_id=items["Сахар"]).hold == Reason.ABSENT
    assert figures.of_community(merchant, merchant.vk.community).reasons == {}
    assert sync().created == 0


def test_goods_come_back_with_their_account_and_none_was_deleted(shop, other, merchant, move, sync):
    SyncConfig.objects.update(delete_absent=True)
    shop.put("Чай чёрный")
    shop.put("Сахар")
    sync()
    items = {one["id"] for one in shop.visible()}
    other("Корица")
    move()
    sync()
    assert shop.titles() == ["Корица"] and items < {one["id"] for one in shop.items()}
    move(seed.EVOTOR_TOKEN)
    sync()
    assert shop.titles() == ["Сахар", "Чай чёрный"]
    assert {one["id"] for one in shop.visible()} == items


def test_a_showcase_that_would_be_emptied_waits_for_its_merchant(shop, other, move, sync):
    for number in range(12):
        shop.put(f"Товар номер {number}")
    sync()
    other("Корица")
    move()
    assert sync().status == "waiting"
    assert len(shop.titles()) == 12


def test_goods_of_the_old_account_that_were_not_in_vk_are_never_added(shop, other, merchant, move, sync):
    SyncConfig.objects.update(enabled=False)
    shop.put("Чай чёрный")
    sync()
    other("Корица")
    move()
    SyncConfig.objects.update(enabled=True)
    assert sync().created == 1
    assert shop.titles() == ["Корица"]
