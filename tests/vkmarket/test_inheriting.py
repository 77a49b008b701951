"""A community that goes over to another account of EvoSync, over real HTTP."""

from decimal import Decimal

import pytest

from accounts.models import User
from catalog.choices import set_choice
from catalog.models import CachedStore, SyncConfig, SyncFilter
from catalog.refreshing import refresh
from connections import linking
from sandbox import seed
from tests.factories import UserFactory
from vkmarket import categories, figures, tasks
from vkmarket.dry_run import look_ahead
from vkmarket.market import Market
from vkmarket.models import Listing
from vkmarket.syncing import Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def follow(merchant):
    """Another account takes the community: of the same till, or of the one that the token opens."""

    def link(token=seed.EVOTOR_TOKEN) -> User:
        linking.unlink_vk(merchant)
        user = UserFactory()
        linking.link_evotor(user, token)
        linking.link_vk(user, seed.VK_TOKEN, seed.VK_GROUP_ID)
        SyncConfig.objects.create(user=user, enabled=True, default_category_id=min(categories.leaves()))
        return user

    return link


def switch_on(user: User) -> None:
    refresh(user.evotor)
    for row in CachedStore.objects.of(user):
        set_choice(user, SyncFilter.Entity.STORE, row.evotor_id, "", SyncFilter.Mode.INCLUDE)


def publish(user: User):
    """The whole job; what it came to."""
    return Job(User.objects.get(pk=user.pk)).run(refresh=True, dry_run=False, approve=False)


def ids(shop) -> dict[str, int]:
    return {item["title"]: item["id"] for item in shop.visible()}


def test_a_shop_that_signed_up_anew_gets_no_doubles(shop, sync, sandbox, follow):
    tea = sandbox.evotor.put_group(shop.store, {"name": "Чай"})
    shop.put("Чай чёрный", parent_id=tea)
    shop.put("Сахар")
    sync()
    before, albums = ids(shop), len(sandbox.vk.albums(seed.VK_GROUP_ID))
    user = follow()
    switch_on(user)
    shop.put("Корица", parent_id=tea)
    told = publish(user)
    assert told.code == 0 and told.values["created"] == 1, told
    assert ids(shop) == before | {"Корица": ids(shop)["Корица"]}
    assert len(shop.items()) == 3 and len(sandbox.vk.albums(seed.VK_GROUP_ID)) == albums == 1
    assert figures.of_community(user, user.vk.community).confirmed == 3
    assert publish(user).values["created"] == 0


def test_its_preview_says_so(shop, sync, follow):
    shop.put("Чай чёрный")
    sync()
    user = follow()
    switch_on(user)
    outlook = look_ahead(user, Market(linking.vk_client(user.vk), user.vk.community))
    assert not outlook.plan.changes


def test_goods_that_were_looked_at_before_the_till_was_read_keep_their_items(shop, sync, follow):
    shop.put("Чай чёрный")
    sync()
    before = ids(shop)
    user = follow()
    SyncConfig.objects.filter(user=user).update(enabled=False)
    tasks.publish_slice(user.vk.pk, read=True)
    assert not Listing.objects.bound().exists()
    SyncConfig.objects.filter(user=user).update(enabled=True)
    switch_on(user)
    assert publish(user).values["created"] == 0
    assert ids(shop) == before and len(shop.items()) == 1


def test_goods_of_another_shop_are_left_alone(shop, sync, sandbox, follow, later):
    shop.put("Чай чёрный")
    shop.put("Без цены", price="0.00")
    sync()
    (item,) = shop.items()
    user = follow(seed.SECOND_EVOTOR_TOKEN)
    sandbox.evotor.put_product(
        seed.SECOND_STORE_ID,
        {"name": "Шафран", "price": "900.00", "type": "NORMAL", "quantity": 5, "allow_to_sell": True},
    )
    switch_on(user)
    sandbox.vk.edit_by_hand(seed.VK_GROUP_ID, item["id"], price=5000)
    for _cycle in range(2):
        later(minutes=20)
        publish(user)
    assert shop.prices() == {"Чай чёрный": Decimal(50), "Шафран": Decimal(900)}
    told = figures.of_community(user, user.vk.community)
    assert (told.products, told.confirmed, told.unpublished, told.drift) == (1, 1, 0, 0)
    assert Listing.objects.in_vk(user.vk.community, hidden_too=True).count() == 1


def test_whoever_comes_back_finds_their_goods(shop, merchant, sync, sandbox, follow):
    shop.put("Чай чёрный")
    sync()
    before = ids(shop)
    publish(other := follow(seed.SECOND_EVOTOR_TOKEN))
    linking.unlink_vk(other)
    linking.link_vk(merchant, seed.VK_TOKEN, seed.VK_GROUP_ID)
    told = publish(merchant)
    assert told.values["created"] == 0 and told.values["confirmed"] == 1, told
    assert ids(shop) == before and len(shop.items()) == 1
