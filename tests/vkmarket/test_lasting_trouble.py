"""Trouble that would last: what one odd day must not do to all days after it."""

import pytest

from connections import linking
from connections.clients.vk import Ok, VkClient
from sandbox import seed
from sandbox.vk_state import Community as VkCommunity
from vkmarket.models import Attempt, Listing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def short_waits(settings):
    settings.VK_CALL_DEADLINE, settings.VK_READ_LAG, settings.LEASE_SECONDS = 0.5, 0.3, 30


@pytest.fixture
def grouped(shop, sandbox):
    """A product in a group; the group's id."""
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай и кофе"})
    shop.put("Чай чёрный", parent_id=group)
    return group


@pytest.mark.usefixtures("grouped")
def test_goods_go_to_another_community_and_the_first_is_found_as_it_was(shop, sync, sandbox, merchant):
    assert sync().created == 1
    sandbox.vk.groups[900] = VkCommunity(id=900, name="Вторая", admins={seed.VK_USER_ID: 3}, market_enabled=True)
    linking.unlink_vk(merchant)
    linking.link_vk(merchant, seed.VK_TOKEN, 900)
    assert sync().created == 1
    assert sandbox.vk.items(900)[0]["album_ids"]
    assert sync().updated == 0
    linking.unlink_vk(merchant)
    linking.link_vk(merchant, seed.VK_TOKEN, seed.VK_GROUP_ID)
    told = sync()
    assert (told.created, told.updated, len(shop.items())) == (0, 0, 1)


def test_goods_deleted_in_vk_by_hand_do_not_trip_the_guard_when_they_leave_the_till(shop, sync, sandbox, shelf, later):
    products = shelf(20)
    sync()
    later(minutes=30)
    for product in products[:12]:
        item_id = Listing.objects.get(source__product__evotor_id=product).vk_item_id
        sandbox.vk.delete_by_hand(seed.VK_GROUP_ID, item_id)
    sync()
    assert Listing.objects.filter(blocked="deleted_in_vk").count() == 12
    for product in products[:12]:
        shop.remove(product)
    shop.put("Новый товар")
    told = sync()
    assert told.created == 1 and told.status != "waiting"
    assert len(shop.visible()) == 9


def test_what_was_allowed_once_is_asked_again_another_day(shop, sync, sandbox, shelf, later):
    products = shelf(20)
    sync()
    till = sandbox.evotor.shelves[shop.store].products
    rows = dict(till.rows)
    for product in products[:15]:
        shop.remove(product)
    assert sync().status == "waiting"
    assert sync(approve=True).hidden == 15
    later(hours=30)
    for product in products[:15]:
        till.put(product, rows[product])
    assert sync().status == "done"
    assert len(shop.visible()) == 20
    later(hours=30)
    for product in products[:15]:
        shop.remove(product)
    assert sync().status == "waiting"
    assert len(shop.visible()) == 20


def test_a_product_that_could_not_be_added_yet_takes_over_the_item_of_its_like(shop, sync, sandbox, shelf, later):
    old = shop.put("Чай чёрный", barcodes=["4600000000001"])
    shelf(3)
    sync()
    (item,) = [one["id"] for one in shop.items() if one["name"] == "Чай чёрный"]
    later(minutes=30)
    sandbox.faults.add("error", method="market.add", code=9, times=None)
    shop.put("Чай чёрный", barcodes=["4600000000001"])
    sync()
    sandbox.faults.clear()
    shop.remove(old)
    later(minutes=30)
    sync()
    assert [one["id"] for one in shop.items() if one["name"] == "Чай чёрный"] == [item]


def test_goods_stay_in_their_album_though_vk_refuses_its_new_name(shop, sync, sandbox, grouped, later):
    sync()
    albums = shop.items()[0]["album_ids"]
    sandbox.faults.add("error", method="market.editAlbum", code=100, message="title is invalid", times=None)
    sandbox.evotor.put_group(shop.store, {"id": grouped, "name": "Чай и какао"})
    sync()
    later(minutes=5)
    sync()
    assert albums and shop.items()[0]["album_ids"] == albums


def test_a_refusal_for_want_of_rights_leaves_no_call_open_though_the_group_cannot_be_asked_about(sync, sandbox, shelf):
    shelf(3)
    sandbox.faults.add("error", method="market.add", code=7, skip=1)
    sandbox.faults.add("http", method="groups.getById", code=502, times=None)
    sync()
    assert set(Attempt.objects.filter(kind="create").values_list("state", flat=True)) == {"accepted", "not_run"}


def test_an_add_whose_picture_is_gone_for_good_ends_with_a_person(shop, sync, sandbox, later):
    shop.put("Чай чёрный")
    sandbox.faults.add("reset", method="market.add", when="before")
    sync()
    sandbox.faults.add(
        "error", method="market.add", code=100, message="photo not found or already assigned", times=None
    )
    for _hour in range(28):
        later(hours=1)
        sync()
    assert Listing.objects.get().blocked == "unsettled"


def test_an_add_that_is_answered_without_an_item_is_found_and_not_made_again(shop, sync, sandbox, monkeypatch):
    """The add happened, whatever VK says of it."""
    shop.put("Чай чёрный")
    shop.put("Кофе чёрный")
    execute = VkClient.execute

    def tells_no_id(client, calls, *options):
        found = execute(client, calls, *options)
        return [Ok({}), *found[1:]] if calls[0].method == "market.add" else found

    monkeypatch.setattr(VkClient, "execute", tells_no_id)
    told = sync()
    assert (told.created, told.confirmed, told.unknown) == (2, 2, 0)
    assert shop.titles() == ["Кофе чёрный", "Чай чёрный"]
    assert len(sandbox.journal.entries(method="market.add")) == len(shop.items()) == 2
