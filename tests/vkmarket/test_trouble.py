"""Services that refuse, stammer or fall silent: said clearly, kept in the rows, and nothing is lost."""

from datetime import UTC, datetime

import pytest

from accounts.commands import english
from connections.models import ConnectionFault
from sandbox import seed
from vkmarket.models import Listing, SyncRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("naps")]


# -- Tokens and rights ------------------------------------------------------------------------------------------------


def test_a_till_that_no_longer_takes_the_token_leaves_the_showcase_as_it_is(
    shop, shelf, run_sync, merchant, sandbox, all_is_well
):
    shelf(2)
    run_sync()
    shop.put("Товар новый")
    sandbox.revoke(seed.EVOTOR_TOKEN)
    told = run_sync.told()
    assert told.code == 1
    with english():
        assert f"Evotor: {ConnectionFault.TOKEN.label}" in told.out
    merchant.evotor.refresh_from_db()
    assert (merchant.evotor.is_online, merchant.evotor.last_error) == (False, "token")
    assert len(shop.visible()) == 2
    sandbox.revoke(seed.EVOTOR_TOKEN, False)
    all_is_well(3)
    merchant.evotor.refresh_from_db()
    assert merchant.evotor.is_online


def expire(token, group):
    token.expires_at = datetime(2026, 3, 1, tzinfo=UTC).isoformat()


def revoke(token, group):
    token.revoked = True


def take_the_scope(token, group):
    token.scopes = ["wall"]


def dismiss(token, group):
    group.info = group.info | {"admins": {}}


def switch_off(token, group):
    group.info = group.info | {"market_enabled": False}


LOSSES = [(expire, "token"), (revoke, "token"), (take_the_scope, "forbidden"), (switch_off, "market_off")]


@pytest.mark.parametrize("lose, fault", LOSSES)
def test_what_vk_no_longer_allows_is_said_and_nothing_is_lost(
    shop, shelf, run_sync, merchant, token, group, all_is_well, lose, fault
):
    tea, _coffee = shelf(2)
    run_sync()
    shop.put("Товар новый")
    shop.put("Товар номер 00", id=tea, price="7.00")
    scopes, info = token.scopes, group.info
    lose(token, group)
    told = run_sync.told()
    assert told.code == 1
    with english():
        assert f"VK: {ConnectionFault(fault).label}" in told.out
    merchant.vk.refresh_from_db()
    assert (merchant.vk.is_online, merchant.vk.last_error) == (False, fault)
    assert SyncRun.objects.latest("pk").error == fault
    token.expires_at, token.revoked, token.scopes, group.info = None, False, scopes, info
    all_is_well(3)
    assert shop.prices()["Товар номер 00"] == 7


@pytest.mark.parametrize("edits", [1, 3])
def test_who_may_no_longer_edit_the_market_is_told_so_and_nothing_is_lost(
    shop, shelf, run_sync, merchant, token, group, all_is_well, edits
):
    products = shelf(3)
    run_sync()
    for number, product in enumerate(products[:edits]):
        shop.put(f"Товар номер {number:02}", id=product, price="7.00")
    admins = group.info
    dismiss(token, group)
    told = run_sync.told()
    assert told.code == 1
    with english():
        assert f"VK: {ConnectionFault.FORBIDDEN.label}" in told.out
    merchant.vk.refresh_from_db()
    assert merchant.vk.last_error == "forbidden"
    group.info = admins
    all_is_well(3)
    assert sorted(shop.prices().values()) == sorted([7] * edits + [100] * (3 - edits))


def test_who_may_no_longer_edit_the_market_is_told_so_by_new_goods_too(shelf, run_sync, merchant, group, all_is_well):
    shelf(2)
    admins = group.info
    dismiss(None, group)
    told = run_sync()
    assert (told.code, told.values["errors"]) == (1, ["vk:forbidden"])
    merchant.vk.refresh_from_db()
    assert merchant.vk.last_error == "forbidden"
    group.info = admins
    all_is_well(2)


@pytest.mark.parametrize("lose, fault", [(revoke, "token"), (switch_off, "market_off")])
def test_what_is_taken_away_between_two_batches_stops_the_rest(
    shelf, run_sync, merchant, token, group, meanwhile, adds, all_is_well, lose, fault
):
    shelf(30)
    meanwhile(lambda: lose(token, group), method="market.add", when="after", skip=24)
    told = run_sync()
    assert (told.code, told.values["created"], told.values["errors"]) == (1, 25, [f"vk:{fault}"])
    assert told.values["waiting"] >= 5
    merchant.vk.refresh_from_db()
    assert merchant.vk.last_error == fault
    token.revoked, group.info = False, group.info | {"market_enabled": True}
    all_is_well(30)
    assert len(adds()) == 30


def test_a_connection_that_works_again_shows_green(run_sync, merchant, token, group):
    switch_off(token, group)
    run_sync()
    group.info = group.info | {"market_enabled": True}
    assert run_sync().code == 0
    merchant.vk.refresh_from_db()
    assert (merchant.vk.is_online, merchant.vk.last_error) == (True, "")


# -- Answers that are none --------------------------------------------------------------------------------------------

READS = {
    "html": {"kind": "html"},
    "502": {"kind": "http", "code": 502},
    "cut": {"kind": "cut", "when": "after"},
    "silence": {"kind": "timeout"},
    "reset": {"kind": "reset"},
}
FAULTS = {"html": "bad_answer"}


@pytest.mark.parametrize("name", READS)
def test_evotor_that_answers_nonsense_removes_nothing(shop, shelf, run_sync, merchant, sandbox, impatient, name):
    tea, _coffee = shelf(2)
    run_sync()
    shop.remove(tea)
    sandbox.faults.add(**READS[name], api="evotor", method="*", times=None)
    told = run_sync.told()
    fault = FAULTS.get(name, "unavailable")
    assert told.code == 1
    with english():
        assert f"Evotor: {ConnectionFault(fault).label}" in told.out
    assert "catalog cannot be read" in told.log
    merchant.evotor.refresh_from_db()
    assert merchant.evotor.last_error == fault
    assert len(shop.visible()) == 2
    sandbox.faults.clear()
    assert run_sync().code == 0
    assert shop.titles() == ["Товар номер 01"]


@pytest.mark.parametrize("name", ["cut", "silence"])
def test_one_bad_answer_of_evotor_is_asked_for_again(shelf, sandbox, all_is_well, impatient, name):
    shelf(2)
    sandbox.faults.add(**READS[name], api="evotor", method="GET /stores/{store}/products")
    all_is_well(2)


@pytest.mark.parametrize("name", ["html", "cut", "silence"])
def test_vk_that_cannot_be_read_is_not_written_to(shop, shelf, run_sync, sandbox, writes, all_is_well, impatient, name):
    tea, _coffee = shelf(2)
    run_sync()
    shop.put("Товар номер 00", id=tea, price="7.00")
    writes()
    sandbox.faults.add(**READS[name], method="market.get", times=None)
    told = run_sync.told()
    fault = FAULTS.get(name, "unavailable")
    assert (told.code, writes()) == (1, [])
    with english():
        assert f"VK: {ConnectionFault(fault).label}" in told.out
    assert SyncRun.objects.latest("pk").error == fault
    sandbox.faults.clear()
    all_is_well(2)
    assert shop.prices()["Товар номер 00"] == 7


@pytest.mark.parametrize(
    "name, when", [("html", "before"), ("cut", "after"), ("silence", "after"), ("reset", "before")]
)
def test_an_edit_without_an_answer_is_sent_again(shop, shelf, run_sync, sandbox, all_is_well, impatient, name, when):
    tea, _coffee = shelf(2)
    run_sync()
    shop.put("Товар номер 00", id=tea, price="7.00")
    sandbox.faults.add(**READS[name] | {"when": when}, method="market.edit")
    all_is_well(2)
    assert shop.prices()["Товар номер 00"] == 7


@pytest.mark.parametrize("name", ["502", "cut", "silence"])
def test_adds_that_happened_without_an_answer_are_found_and_not_repeated(
    shop, shelf, run_sync, sandbox, adds, impatient, name
):
    shelf(4)
    # The third is done, the fourth is not begun when the answer to all is lost.
    sandbox.faults.add(**READS[name] | {"when": "after"}, method="market.add", skip=2)
    told = run_sync()
    assert (told.code, told.values["unknown"]) == (0, 1), told
    assert len(shop.items()) == len(adds()) == 3
    assert Listing.objects.filter(unsettled_since=None, vk_item_id__isnull=False).count() == 3


def test_an_add_that_did_not_happen_is_repeated_once_that_is_proven(
    shop, shelf, run_sync, sandbox, later, settings, adds, all_is_well
):
    shelf(2)
    sandbox.faults.add("cut", method="market.add", when="before")
    assert run_sync().values["unknown"] == 2
    assert run_sync().values["unknown"] == 2
    assert shop.items() == []
    later(seconds=settings.VK_CALL_DEADLINE + settings.VK_READ_LAG + 1)
    run_sync()
    assert len(shop.items()) == 2
    # A second try is hidden until a read past the lag shows that there is but one.
    later(seconds=settings.VK_CALL_DEADLINE + settings.VK_READ_LAG + 1)
    all_is_well(2)
    assert len(adds()) == 2


def test_one_store_without_the_application_does_not_stop_the_other(
    shop, shelf, run_sync, merchant, sandbox, all_is_well
):
    shelf(2)
    rusks = {"name": "Сухари ванильные", "price": "30.00", "allow_to_sell": True}
    sandbox.evotor.put_product(seed.OTHER_STORE_ID, rusks)
    run_sync()
    assert len(shop.visible()) == 3
    sandbox.evotor.set_installed(seed.OTHER_STORE_ID, False)
    shop.put("Товар новый")
    told = run_sync.told()
    assert (told.code, told.log) == (1, "")
    assert "Store «Лавка у вокзала»" in told.out
    assert rusks["name"] in shop.titles() and "Товар новый" in shop.titles()
    merchant.evotor.refresh_from_db()
    assert merchant.evotor.is_online
    sandbox.evotor.set_installed(seed.OTHER_STORE_ID, True)
    all_is_well(4)
