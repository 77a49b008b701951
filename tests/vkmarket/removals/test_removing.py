"""«Убрать всё из ВК»: hidden to the last of ours, nothing else touched, and nothing that comes back by itself."""

import pytest

from catalog.models import SyncConfig
from connections import linking
from sandbox import seed
from tests.factories import ListingFactory
from vkmarket import figures, publishing, removals, tasks
from vkmarket.models import STOPPED, Listing, Removal, SyncRun
from vkmarket.reasons import Reason

from .conftest import GOODS, last, switch_on

pytestmark = pytest.mark.django_db(transaction=True)
End = Removal.End


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


def test_rows_tell_whether_vk_has_them_visible(db):
    """A generated column, on either database."""
    rows = [ListingFactory(sent=sent) for sent in (None, {"visible": True}, {"visible": False})]
    assert [Listing.objects.get(pk=row.pk).visible for row in rows] == [False, True, False]
