"""Adds without an answer: looked for, proven absent, made again hidden; twins; what the merchant's hand did."""

import time
from datetime import timedelta

import pytest

from catalog.models import SyncConfig
from sandbox import seed
from vkmarket.models import AlbumListing, Attempt, Listing

pytestmark = pytest.mark.django_db(transaction=True)
# Longer than VK's deadline and its lag together.
WAIT = timedelta(minutes=16)


@pytest.fixture(autouse=True)
def short_deadlines(settings):
    settings.VK_CALL_DEADLINE, settings.LEASE_SECONDS = 0.5, 30


@pytest.mark.parametrize("kind", ["timeout", "reset", "cut", "http", "html"])
def test_an_add_that_happened_without_an_answer_is_found_at_once(shop, sync, sandbox, kind):
    for number in range(3):
        shop.put(f"Товар номер {number}")
    sandbox.faults.add(kind, method="market.add", when="after", skip=2, code=502)
    outcome = sync()
    assert len(shop.items()) == 3
    assert (outcome.created, outcome.confirmed, outcome.unknown, outcome.waiting) == (3, 3, 0, 0)
    assert len(sandbox.journal.entries(method="market.add")) == 3


def test_an_add_that_did_not_happen_is_made_again_once_that_is_sure(shop, sync, sandbox, later):
    shop.put("Чай чёрный")
    sandbox.faults.add("reset", method="market.add", when="before")
    outcome = sync()
    assert (outcome.unknown, outcome.waiting, outcome.code) == (1, 1, 0)
    assert shop.items() == []
    later(WAIT)
    sync()
    second = sandbox.journal.entries(method="market.add")[-1]["params"]
    first = sandbox.journal.entries(method="market.add")[0]["params"]
    assert (second["sku"], second["main_photo_id"], second["deleted"]) == (first["sku"], first["main_photo_id"], "1")
    assert shop.titles() == []
    later(WAIT)
    outcome = sync()
    assert shop.titles() == ["Чай чёрный"]
    assert (outcome.waiting, len(shop.items())) == (0, 1)


def test_nothing_is_made_again_while_vk_shows_old_pages(shop, sync, sandbox, later):
    shop.put("Чай чёрный")
    sandbox.vk.switches["read_delay_seconds"] = 0.25
    sandbox.faults.add("reset", method="market.add", when="after")
    sync()
    time.sleep(0.25)
    for _ in range(2):
        later(WAIT)
        sync()
    assert len(sandbox.journal.entries(method="market.add")) == 1
    assert Listing.objects.get().confirmed_at


def test_a_wish_goes_on_changing_while_its_add_is_open(shop, sync, sandbox, later):
    tea = shop.put("Чай чёрный", price="100.00")
    shop.put("Кофе молотый")
    sandbox.faults.add("reset", method="market.add", when="before")
    sync()
    shop.put("Чай чёрный", price="150.00", id=tea)
    sync()
    assert Listing.objects.get(source__product__evotor_id=tea).wanted["price"] == "150.00"
    for _ in range(3):
        later(WAIT)
        sync()
    assert shop.prices()["Чай чёрный"] == 150


def test_a_taken_picture_on_a_second_add_means_that_it_may_exist(shop, sync, sandbox, later):
    shop.put("Чай чёрный")
    sandbox.faults.add("reset", method="market.add", when="before")
    sync()
    later(WAIT)
    sandbox.faults.add("error", method="market.add", code=100, message="photo not found or already assigned")
    sync()
    uploads = len(sandbox.journal.entries(method="upload"))
    outcome = sync()
    assert (outcome.unknown, outcome.failed) == (1, 0)
    assert len(sandbox.journal.entries(method="upload")) == uploads
    for _ in range(3):
        later(WAIT)
        sync()
    assert shop.titles() == ["Чай чёрный"]


@pytest.fixture
def twin(sandbox):
    """Put another item of the listing's mark into VK, which a lost add of ours has made; its id."""

    def make(listing: Listing) -> int:
        first = Attempt.objects.filter(listing=listing, kind="create").earliest("pk")
        Attempt.objects.create(
            listing=listing, kind="create", state="absent", fence=0, sent_at=first.sent_at, after=first.after
        )
        return sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Чай чёрный", sku=listing.sku)

    return make


@pytest.mark.parametrize("twins", [1, 2])
def test_of_the_items_that_our_adds_made_one_stays(shop, sync, twin, twins):
    shop.put("Чай чёрный")
    sync()
    listing = Listing.objects.get()
    for _twin in range(twins):
        twin(listing)
    # One a round.
    for _round in range(twins):
        sync()
    assert [item["id"] for item in shop.items()] == [listing.vk_item_id]


def test_a_copy_that_the_merchant_made_is_left_alone(shop, sync, sandbox):
    shop.put("Чай чёрный")
    sync()
    copy = sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Мой чай", sku=Listing.objects.get().sku)
    sync()
    assert copy in [item["id"] for item in shop.items()]


def test_a_copy_made_after_a_twin_of_ours_was_deleted_is_left_alone(shop, sync, sandbox, twin):
    shop.put("Чай чёрный")
    sync()
    listing = Listing.objects.get()
    twin(listing)
    sync()
    assert [item["id"] for item in shop.items()] == [listing.vk_item_id]
    copy = sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Мой чай", sku=listing.sku)
    sync()
    assert {item["id"] for item in shop.items()} == {listing.vk_item_id, copy}


def test_a_copy_of_what_we_have_deleted_for_good_is_not_taken_for_ours(shop, sync, sandbox, merchant, later):
    SyncConfig.objects.update(delete_absent=True)
    tea = shop.put("Чай чёрный")
    shop.put("Кофе")
    sync()
    sku = Listing.objects.get(source__product__evotor_id=tea).sku
    shop.remove(tea)
    for _ in range(3):
        later(timedelta(hours=13))
        sync()
    assert shop.titles() == ["Кофе"]
    copy = sandbox.vk.add_foreign_item(seed.VK_GROUP_ID, name="Мой чай", sku=sku)
    sandbox.evotor.put_product(
        shop.store,
        {"id": tea, "name": "Чай чёрный", "price": "90.00", "type": "NORMAL", "quantity": 5, "allow_to_sell": True},
    )
    later(timedelta(hours=1))
    sync()
    assert sorted(shop.titles()) == ["Кофе", "Мой чай", "Чай чёрный"]
    assert Listing.objects.get(sku=sku).vk_item_id not in (None, copy)


def test_an_add_that_is_never_settled_waits_for_a_person(shop, sync, sandbox):
    shop.put("Чай чёрный")
    sandbox.faults.add("reset", method="market.add", when="before")
    sync()
    Listing.objects.update(unsettled_since=Listing.objects.get().unsettled_since - timedelta(hours=25))
    sandbox.faults.add("truncate", method="market.get", times=None)
    outcome = sync()
    assert Listing.objects.get().blocked == "unsettled"
    assert (outcome.failed, outcome.code) == (1, 1)


def test_an_item_restored_in_vk_by_hand_is_taken_up_again(shop, sync, sandbox, later):
    shop.put("Чай чёрный")
    sync()
    later(WAIT)
    item_id = Listing.objects.get().vk_item_id
    sandbox.vk.delete_by_hand(seed.VK_GROUP_ID, item_id)
    sync()
    assert Listing.objects.get().blocked == "deleted_in_vk"
    sandbox.vk.edit_by_hand(seed.VK_GROUP_ID, item_id, removed_at=None)
    later(WAIT)
    sync()
    listing = Listing.objects.get()
    assert (listing.blocked, listing.shown, listing.vk_item_id) == ("", True, item_id)


def test_an_edit_by_hand_is_drift_and_is_told(shop, sync, sandbox, later):
    shop.put("Чай чёрный")
    sync()
    later(WAIT)
    sandbox.vk.edit_by_hand(seed.VK_GROUP_ID, Listing.objects.get().vk_item_id, name="Чай моего деда")
    outcome = sync()
    assert (outcome.drift, outcome.confirmed) == (1, 0)
    listing = Listing.objects.get()
    assert (listing.drift, listing.seen["title"]) == (["name"], "Чай моего деда")


def test_a_price_changed_by_hand_is_sent_once_more_and_then_told(shop, sync, sandbox, writes, later):
    shop.put("Чай чёрный", price="100.00")
    sync()
    item = Listing.objects.get().vk_item_id
    for expected in (["market.edit"], []):
        later(WAIT)
        sandbox.vk.edit_by_hand(seed.VK_GROUP_ID, item, price=7700)
        writes()
        sync()
        assert writes() == expected
    assert Listing.objects.get().drift == ["price"]
    assert shop.prices() == {"Чай чёрный": 77}


def test_vks_own_rendering_of_a_text_is_no_drift(shop, sync, sandbox, later):
    sandbox.vk.switches["escape_text"] = True
    shop.put('Чай "Ахмад" & мята <100 г>')
    outcome = sync()
    later(WAIT)
    sandbox.vk.switches["escape_text"] = False
    assert (outcome.drift, outcome.confirmed) == (0, 1)
    assert sync().drift == 0


def test_a_lost_album_is_found_by_its_title(shop, sync, sandbox, later):
    group = sandbox.evotor.put_group(shop.store, {"name": "Чай и кофе"})
    shop.put("Чай чёрный", parent_id=group)
    sandbox.faults.add("reset", method="market.addAlbum", when="after")
    for _ in range(2):
        sync()
        later(WAIT)
    sync()
    assert [album["title"] for album in sandbox.vk.albums(seed.VK_GROUP_ID)] == ["Чай и кофе"]
    assert AlbumListing.objects.get().album_id
    assert Listing.objects.get().sent["album"] == AlbumListing.objects.get().pk


def test_a_database_that_was_moved_takes_over_its_items_when_told_to(shop, sync, sandbox):
    shop.put("Чай чёрный")
    sync()
    Attempt.objects.all().delete()
    Listing.objects.get().source.delete()
    Listing.objects.all().delete()
    outcome = sync()
    assert (outcome.code, outcome.status, len(shop.items())) == (1, "waiting", 1)
    outcome = sync(approve=True)
    assert (outcome.code, len(shop.items())) == (0, 1)
    assert Listing.objects.get().vk_item_id == shop.items()[0]["id"]
