"""VK's codes, met at the top of a request and inside an execute: what is sent, what waits, and nothing is lost."""

import pytest

from accounts.commands import english
from connections.models import ConnectionFault
from vkmarket.models import Attempt, Listing, SyncRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("naps")]

TOO_FAST, FLOOD, CAPTCHA, METHOD_CAP = 6, 9, 14, 29
# A request of the first run: looks, addresses for pictures, saves of pictures, adds.
ADDS = 3


def dearer(shop, products: list[str], price: str = "7.00") -> None:
    for number, product in enumerate(products):
        shop.put(f"Товар номер {number:02}", id=product, price=price)


@pytest.fixture
def three(shelf, run_sync):
    """Three products that are in VK."""
    products = shelf(3)
    run_sync()
    return products


# -- Of a whole request -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "skip",
    [
        pytest.param(0, id="look"),
        pytest.param(1, id="write"),
        pytest.param(2, id="confirm"),
    ],
)
def test_too_fast_is_waited_out(three, shop, run_sync, sandbox, skip):
    dearer(shop, three)
    sandbox.faults.add("error", code=TOO_FAST, method="execute", skip=skip)
    told = run_sync()
    assert (told.code, told.values["updated"], told.values["waiting"], told.values["confirmed"]) == (0, 3, 0, 3)


@pytest.mark.parametrize("code", [FLOOD, METHOD_CAP])
@pytest.mark.parametrize("skip", [pytest.param(0, id="look"), pytest.param(1, id="write")])
def test_what_vk_wants_later_waits_without_alarm(
    three, shop, run_sync, sandbox, later, writes, all_is_well, skip, code
):
    dearer(shop, three)
    writes()
    sandbox.faults.add("error", code=code, method="execute", skip=skip)
    told = run_sync()
    assert (told.code, told.values["waiting"], told.values["failed"], writes()) == (0, 3, 0, [])
    later(hours=1)
    all_is_well(3)
    assert set(shop.prices().values()) == {7}


@pytest.mark.parametrize("code", [FLOOD, METHOD_CAP, CAPTCHA])
def test_adds_that_vk_did_not_run_are_sent_once_later(shelf, run_sync, sandbox, later, adds, all_is_well, code):
    shelf(3)
    sandbox.faults.add("error", code=code, method="execute", skip=ADDS)
    told = run_sync()
    assert (told.values["created"], told.values["waiting"], told.values["unknown"]) == (0, 3, 0)
    assert set(Attempt.objects.values_list("state", "error_code")) == {(Attempt.State.NOT_RUN, code)}
    later(hours=1)
    all_is_well(3)
    assert len(adds()) == 3


@pytest.mark.parametrize("skip", [0, 1], ids=["look", "write"])
def test_a_captcha_stops_the_account_and_asks_for_its_owner(
    three, shop, run_sync, merchant, sandbox, all_is_well, skip
):
    dearer(shop, three)
    sandbox.faults.add("error", code=CAPTCHA, method="execute", skip=skip)
    told = run_sync.told()
    assert told.code == 1
    with english():
        assert f"VK: {ConnectionFault.HUMAN_CHECK.label}" in told.out
    merchant.vk.refresh_from_db()
    assert merchant.vk.last_error == "human_check"
    all_is_well(3)
    assert set(shop.prices().values()) == {7}


# -- Inside an execute ------------------------------------------------------------------------------------------------


def test_one_call_that_was_too_fast_is_sent_again_at_once(three, shop, run_sync, sandbox):
    dearer(shop, three)
    sandbox.faults.add("error", code=TOO_FAST, method="market.edit", skip=1)
    told = run_sync()
    assert (told.code, told.values["updated"], told.values["waiting"]) == (0, 3, 0)
    assert set(shop.prices().values()) == {7}


@pytest.mark.parametrize("code", [FLOOD, METHOD_CAP])
def test_a_throttled_call_waits_while_other_lanes_go_on(three, shop, run_sync, sandbox, later, all_is_well, code):
    tea, coffee, _sugar = three
    dearer(shop, [tea])
    shop.put("Товар номер 01", id=coffee, quantity=3)
    shop.put("Товар новый")
    sandbox.faults.add("error", code=code, method="market.edit", times=None, match={"price": "7.00"})
    told = run_sync()
    assert (told.code, told.values["created"], told.values["updated"], told.values["waiting"]) == (0, 1, 1, 1)
    sandbox.faults.clear()
    later(hours=1)
    all_is_well(4)
    assert shop.prices()["Товар номер 00"] == 7


@pytest.mark.parametrize("code", [FLOOD, METHOD_CAP])
def test_a_throttled_add_waits_and_is_sent_once(shelf, run_sync, sandbox, later, adds, all_is_well, code):
    shelf(4)
    sandbox.faults.add("error", code=code, method="market.add", skip=2, times=None)
    told = run_sync()
    assert (told.code, told.values["created"], told.values["waiting"], told.values["unknown"]) == (0, 2, 2, 0)
    sandbox.faults.clear()
    later(hours=1)
    all_is_well(4)
    assert len(adds()) == 4


def test_a_throttled_lane_rests_and_the_next_goods_of_it_are_not_even_asked_for(
    shelf, shop, run_sync, sandbox, later, all_is_well
):
    products = shelf(30)
    run_sync()
    for number, product in enumerate(products):
        shop.put(f"Товар номер {number:02}", id=product, price="110.00")
    fault = sandbox.faults.add("error", code=METHOD_CAP, method="market.edit", times=None)
    mark = sandbox.journal.calls()
    run_sync()
    asked = len(sandbox.journal.entries(mark, method="market.edit"))
    shop.put("Товар новый")
    sandbox.faults.remove(fault)
    later(minutes=30)
    told = run_sync()
    # The other five are due, and would only be turned away.
    assert asked == len(sandbox.journal.entries(mark, method="market.edit")) == 25
    assert (told.values["created"], told.values["waiting"]) == (1, 30)
    later(minutes=30)
    all_is_well(31)


def test_a_captcha_inside_an_execute_stops_the_account_too(
    three, shop, run_sync, merchant, sandbox, later, all_is_well
):
    dearer(shop, three)
    sandbox.faults.add("error", code=CAPTCHA, method="market.edit", times=None)
    told = run_sync()
    assert (told.code, told.values["errors"], told.values["failed"]) == (1, ["vk:human_check"], 0)
    merchant.vk.refresh_from_db()
    assert merchant.vk.last_error == "human_check"
    sandbox.faults.clear()
    later(hours=1)
    all_is_well(3)
    assert set(shop.prices().values()) == {7}


# -- Of one item ------------------------------------------------------------------------------------------------------


def test_an_item_deleted_in_vk_by_hand_is_held_and_not_made_again(three, shop, run_sync, sandbox, group, adds):
    (lost,) = [item["id"] for item in shop.visible() if item["title"] == "Товар номер 00"]
    sandbox.vk.delete_by_hand(group.id, lost)
    dearer(shop, three)
    told = run_sync()
    assert (told.code, told.values["failed"], told.values["confirmed"]) == (1, 1, 2)
    assert SyncRun.objects.latest("pk").counts["refused"] == 0
    listing = Listing.objects.get(blocked="deleted_in_vk")
    assert listing.vk_item_id == lost
    for price in ("8.00", "9.00"):
        dearer(shop, three, price)
        said = run_sync.told()
        assert "for you to decide 1" in said.out and "refused" not in said.out
    assert len(shop.items()) == 2
    assert len(adds()) == 3


@pytest.mark.usefixtures("three")
def test_an_item_deleted_in_vk_by_hand_is_found_out_without_a_change(shop, run_sync, sandbox, group, later, adds):
    sandbox.vk.delete_by_hand(group.id, shop.items()[0]["id"])
    later(hours=1)
    told = run_sync()
    assert (told.code, told.values["failed"], told.values["confirmed"]) == (1, 1, 2)
    assert Listing.objects.filter(blocked="deleted_in_vk").count() == 1
    assert run_sync().values["created"] == 0
    assert len(adds()) == 3


def test_an_add_that_vk_answers_with_not_found_was_deleted_by_nobody(shelf, run_sync, sandbox, later, all_is_well):
    shelf(3)
    sandbox.faults.add("error", code=1403, method="market.add", times=1)
    run_sync()
    assert set(Listing.objects.values_list("blocked", "error_code")) == {("", None), ("refused", 1403)}
    later(days=1)
    all_is_well(3)


def test_an_item_that_vk_does_not_know_for_a_moment_was_deleted_by_nobody(
    three, shop, run_sync, sandbox, later, all_is_well
):
    dearer(shop, three)
    sandbox.faults.add("error", code=1403, method="market.edit", times=1)
    run_sync()
    later(hours=1)
    all_is_well(3)
    assert set(shop.prices().values()) == {7}


def test_what_vk_shows_already_counts_as_done(three, shop, run_sync, sandbox, group):
    dearer(shop, three)
    for item in shop.items():
        sandbox.vk.edit_by_hand(group.id, item["id"], price=700)
    told = run_sync()
    assert (told.code, told.values["failed"], told.values["waiting"], told.values["confirmed"]) == (0, 0, 0, 3)
    assert set(Attempt.objects.filter(kind="update").values_list("state", "error_code")) == {("accepted", 100)}


def test_what_lies_in_its_album_already_counts_as_done(shop, run_sync, sandbox):
    drinks = sandbox.evotor.put_group(shop.store, {"name": "Напитки"})
    for number in range(2):
        shop.put(f"Товар номер {number:02}", parent_id=drinks)
    sandbox.faults.add("error", code=1404, method="market.addToAlbum", when="after", times=None)
    told = run_sync()
    assert (told.code, told.values["failed"], told.values["waiting"], told.values["confirmed"]) == (0, 0, 0, 2)


def test_a_full_community_takes_the_rest_once_there_is_room(shelf, run_sync, sandbox, later, all_is_well):
    sandbox.vk.switches["item_limit"] = 3
    shelf(5)
    told = run_sync()
    assert (told.code, told.values["created"], told.values["failed"]) == (1, 3, 2)
    assert set(Listing.objects.filter(vk_item_id=None).values_list("blocked", "error_code")) == {("refused", 1405)}
    sandbox.vk.switches["item_limit"] = 10
    later(days=1)
    all_is_well(5)
