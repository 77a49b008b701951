"""«Убрать всё из ВК»: hidden to the last of ours, nothing else touched, and nothing that comes back by itself."""

import pytest

from catalog.models import SyncConfig
from connections import linking
from connections.models import ConnectionFault, VkConnection
from evosync import watching
from evosync.base import clock
from sandbox import seed
from sandbox.vk_state import Community as VkCommunity
from vkmarket import figures, publishing, removal_round, removals, tasks
from vkmarket.models import Listing, Removal, SyncRun
from vkmarket.reasons import Block, Reason
from vkmarket.rounds import STOPPED

pytestmark = pytest.mark.django_db(transaction=True)

GOODS = 30
End, Purpose = Removal.End, Removal.Purpose


@pytest.fixture(autouse=True)
def short_waits(settings):
    settings.VK_CALL_DEADLINE, settings.VK_READ_LAG, settings.LEASE_SECONDS = 0.5, 0.3, 30


@pytest.fixture
def full(shelf, sync):
    """A showcase of many goods; the till's ids."""
    products = shelf(GOODS)
    sync()
    return products


@pytest.fixture
def work(merchant):
    """Do what the job does; what it says."""
    return lambda **scope: tasks.publish_slice(VkConnection.objects.get(user=merchant).pk, **scope)


@pytest.fixture
def stop_after_a_batch(merchant, monkeypatch):
    """The merchant presses «Остановить» once the first batch is out."""
    request = removal_round.Exchange.request

    def request_and_stop(exchange, intentions):
        request(exchange, intentions)
        removals.stop(merchant)

    monkeypatch.setattr(removal_round.Exchange, "request", request_and_stop)


def last() -> removals.Progress:
    return removals.look(Removal.objects.latest("pk"))


def switch_on() -> None:
    SyncConfig.objects.update(enabled=True)


def test_all_of_ours_is_hidden_and_nothing_else(full, shop, merchant, sandbox, work, writes):
    foreign = sandbox.vk.add_foreign_item(seed.VK_GROUP_ID)
    writes()
    removal = removals.start(merchant)
    assert removal.goods == GOODS
    assert not SyncConfig.objects.get().enabled
    work()
    assert [item["id"] for item in shop.visible()] == [foreign]
    assert set(writes()) == {"market.edit"}
    removal.refresh_from_db()
    assert (removal.end, removal.in_progress, removal.error) == (End.DONE, None, "")
    listings = Listing.objects.all()
    assert {(one.hold, one.visible, one.lane, bool(one.confirmed_at)) for one in listings} == {
        (Reason.REMOVED, False, None, True)
    }
    told = figures.of_community(merchant, merchant.vk.community)
    assert (told.confirmed, told.held, told.waiting) == (0, GOODS, 0)
    run = SyncRun.objects.latest("pk")
    assert (run.status, run.planned, run.counts["hidden"]) == ("done", {"hide": GOODS}, GOODS)


def test_goods_come_back_by_the_switch_alone_and_raise_no_alarm(full, shop, merchant, sync, work):
    removals.start(merchant)
    work()
    assert sync().status == "frozen" and shop.visible() == []
    switch_on()
    outcome = sync()
    assert (outcome.status, len(shop.visible()), len(shop.items())) == ("done", GOODS, GOODS)
    assert not Listing.objects.exclude(hold="").exists()


def test_what_changed_at_the_till_meanwhile_comes_back_as_it_is_now(full, shop, merchant, sync, work, sandbox):
    removals.start(merchant)
    work()
    shop.remove(full[0])
    sandbox.evotor.put_product(shop.store, sandbox.evotor.shelves[shop.store].products.rows[full[1]] | {"price": 777})
    switch_on()
    sync()
    sync()
    assert len(shop.visible()) == GOODS - 1
    assert 777 in shop.prices().values()


def test_sold_out_goods_are_hidden_too_and_counted(shop, sync, merchant, work):
    shop.put("Чай чёрный")
    shop.put("Чай зелёный", quantity=0)
    sync()
    assert removals.goods(merchant.vk.community) == removals.start(merchant).goods == 2
    work()
    assert [item["deleted"] for item in shop.items()] == [1, 1]
    assert not Listing.objects.filter(visible=True).exists()


def test_nothing_is_added_or_changed_while_it_goes_on(full, shop, merchant, sandbox, writes):
    shop.put("Новый товар")
    removals.start(merchant)
    writes()
    # Even where the switch is on by some accident.
    switch_on()
    tasks.publish_slice(merchant.vk.pk, read=True)
    assert set(writes()) == {"market.edit"}
    assert shop.visible() == []


def test_what_waits_for_a_decision_is_hidden_as_well(full, shop, merchant, sync, work):
    for product in full[:12]:
        shop.remove(product)
    sync()
    assert sync().status == "waiting"
    removals.start(merchant)
    work()
    assert shop.visible() == [] and not Listing.objects.exclude(blocked="").exists()


def test_a_removal_goes_in_slices_of_one_run(full, shop, merchant):
    removals.start(merchant)
    client = linking.vk_client(merchant.vk)
    first = publishing.publish_slice(merchant, client, seconds=0)
    progress = last()
    assert (first.left, progress.done, progress.total, progress.removal.end) == (True, 25, GOODS, "")
    second = publishing.publish_slice(merchant, client, seconds=0, plan=False, run_id=first.run_id)
    assert (second.left, second.run_id, shop.visible()) == (False, first.run_id, [])
    assert last().removal.end == End.DONE


def test_stopping_leaves_the_rest_as_it_was(full, shop, merchant, sync, work, stop_after_a_batch, writes):
    removals.start(merchant)
    work()
    assert len(shop.visible()) == GOODS - 25
    progress = last()
    assert (progress.removal.end, progress.done, progress.there) == (End.STOPPED, 25, 5)
    assert SyncRun.objects.latest("pk").error == STOPPED
    assert Listing.objects.filter(hold=Reason.REMOVED, visible=False).count() == 25
    assert Listing.objects.filter(hold="", visible=True, lane=None).count() == 5
    writes()
    sync()
    assert writes() == []
    switch_on()
    sync()
    assert len(shop.visible()) == GOODS


def test_asking_twice_is_one_removal_and_stopping_twice_one_stop(full, merchant):
    first = removals.start(merchant)
    assert removals.start(merchant) == first
    assert removals.stop(merchant)
    assert not removals.stop(merchant)
    assert Removal.objects.get().end == End.STOPPED


def test_a_merchant_without_vk_has_nothing_to_remove(full, merchant):
    linking.unlink_vk(merchant)
    assert removals.start(merchant) is None
    assert SyncConfig.objects.get().enabled


def test_a_suspended_merchant_is_frozen_half_way(full, shop, merchant, work):
    removals.start(merchant)
    merchant.status = "suspended"
    merchant.save()
    assert work().startswith("frozen")
    assert len(shop.visible()) == GOODS
    merchant.status = "active"
    merchant.save()
    work()
    assert shop.visible() == []


def test_what_vk_refuses_to_hide_is_told_and_does_not_hold_up_the_end(full, shop, merchant, sandbox, work):
    sandbox.faults.add("error", method="market.edit", code=1408, message="bad links", times=2)
    removals.start(merchant)
    work()
    progress = last()
    assert (progress.removal.end, progress.there, len(shop.visible())) == (End.DONE, 2, 2)
    assert Listing.objects.filter(blocked=Block.REFUSED, hold=Reason.REMOVED, visible=True).count() == 2
    removals.start(merchant)
    work()
    assert shop.visible() == []


def test_an_add_without_an_answer_is_found_and_hidden_before_the_end(shop, merchant, sync, sandbox, work, later):
    shop.put("Чай чёрный")
    sandbox.faults.add("reset", method="market.add", when="after")
    sandbox.faults.add("http", method="market.get", code=502, times=None, skip=1)
    sync()
    sandbox.faults.clear()
    assert (len(shop.visible()), Listing.objects.get().unsettled_since is None) == (1, False)
    assert removals.start(merchant).goods == 0
    later(minutes=2)
    assert last().unanswered == 1
    assert len(watching.left_removals(clock.now())) == 1
    work()
    assert shop.visible() == [] and Removal.objects.get().end == End.DONE


def test_deleting_is_for_good_and_what_comes_back_is_new(full, shop, merchant, sync, work, later):
    removals.start(merchant, for_good=True)
    work()
    assert shop.items() == [] and Removal.objects.get().end == End.DONE
    switch_on()
    later(minutes=1)
    sync()
    assert len(shop.visible()) == GOODS


def test_a_dead_token_is_told_and_a_new_one_goes_on(full, shop, merchant, token, work, later):
    removals.start(merchant)
    token.revoked = True
    work()
    removal = Removal.objects.get()
    assert (removal.end, removal.error) == ("", ConnectionFault.TOKEN)
    later(minutes=5)
    assert watching.go_on_removing(clock.now()) == 0
    token.revoked = False
    linking.check_vk(merchant.vk)
    assert watching.go_on_removing(clock.now()) == 1
    work()
    assert shop.visible() == [] and Removal.objects.get().error == ""


def test_throttled_goods_are_waited_for(full, shop, merchant, sandbox, work, later):
    sandbox.faults.add("error", method="market.edit", code=9, times=None)
    removals.start(merchant)
    work()
    assert Removal.objects.get().end == ""
    sandbox.faults.clear()
    assert not removal_round.has_work(Removal.objects.get())
    later(minutes=11)
    assert [one.pk for one in watching.left_removals(clock.now())] == [Removal.objects.get().pk]
    work()
    assert shop.visible() == [] and Removal.objects.get().end == End.DONE


def test_disconnecting_keeps_the_token_until_all_is_hidden(full, shop, merchant, work):
    removals.start(merchant, Purpose.DISCONNECT)
    assert VkConnection.objects.get(user=merchant).access_token
    work()
    vk = VkConnection.objects.get(user=merchant)
    assert (shop.visible(), vk.access_token, vk.community) == ([], "", None)
    assert Removal.objects.get().end == End.DONE


def test_disconnecting_joins_a_removal_that_goes_on(full, merchant, work):
    removals.start(merchant)
    removals.start(merchant, Purpose.DISCONNECT)
    work()
    assert Removal.objects.get().disconnects
    assert VkConnection.objects.get(user=merchant).access_token == ""


def test_a_stopped_disconnecting_stays_connected(full, merchant, work, stop_after_a_batch):
    removals.start(merchant, Purpose.DISCONNECT)
    work()
    assert VkConnection.objects.get(user=merchant).access_token


def test_disconnecting_ends_with_the_token(full, shop, merchant, token, work):
    removals.start(merchant, Purpose.DISCONNECT)
    token.revoked = True
    work()
    progress = last()
    assert (progress.removal.end, progress.removal.error, progress.there) == (End.FAILED, "token", GOODS)
    assert VkConnection.objects.get(user=merchant).access_token == ""
    assert len(shop.visible()) == removals.notice(merchant).there == GOODS


def test_what_was_asked_of_another_community_is_not_done_here(full, shop, merchant, sandbox, work, later):
    removals.start(merchant)
    sandbox.vk.groups[900] = VkCommunity(id=900, name="Вторая", admins={seed.VK_USER_ID: 3}, market_enabled=True)
    linking.link_vk(merchant, seed.VK_TOKEN, 900)
    assert work().startswith("frozen")
    later(minutes=5)
    watching.go_on_removing(clock.now())
    removal = Removal.objects.get()
    assert (removal.end, removal.error, len(shop.visible())) == (End.FAILED, "not_connected", GOODS)
    assert VkConnection.objects.get(user=merchant).access_token


def test_rows_tell_whether_vk_has_them_visible(db):
    """A generated column, on either database."""
    from tests.factories import ListingFactory

    rows = [ListingFactory(sent=sent) for sent in (None, {"visible": True}, {"visible": False})]
    assert [Listing.objects.get(pk=row.pk).visible for row in rows] == [False, True, False]
