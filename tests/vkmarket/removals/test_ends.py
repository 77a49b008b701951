"""How removals end: done, or stopped, or by what VK refuses; and what is disconnected then."""

import pytest

from connections import linking
from connections.models import ConnectionFault, VkConnection
from evosync import watching
from evosync.base import clock
from sandbox import seed
from sandbox.vk_state import Community as VkCommunity
from vkmarket import removal_round, removals
from vkmarket.models import Listing, Removal
from vkmarket.reasons import Block, Reason

from .conftest import GOODS, last, switch_on

pytestmark = pytest.mark.django_db(transaction=True)
End, Purpose = Removal.End, Removal.Purpose


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
