"""The figures of pages and reports: counted in one walk, and equal to what the rows say one by one."""

import pytest

from tests import factories
from tests.factories import MOMENT
from vkmarket import figures
from vkmarket.models import Listing
from vkmarket.reasons import Block, Reason
from vkmarket.reports import Report, state_after

BOUND = {"sent": {"stock": 1}}


@pytest.fixture
def owner(db):
    return factories.VkConnectionFactory().user


@pytest.fixture
def store(owner):
    return factories.CachedStoreFactory(connection=factories.EvotorConnectionFactory(user=owner))


def listed(owner, **fields):
    if "sent" in fields:
        fields |= {"vk_item_id": 100 + Listing.objects.count()}
    return factories.ListingFactory(community=owner.vk.community, **fields)


def test_every_state_is_counted_where_it_belongs(owner, store):
    listed(owner, **BOUND, confirmed_at=MOMENT)
    listed(owner, **BOUND, confirmed_at=MOMENT, drift=["price"])
    listed(owner, **BOUND)
    listed(owner, lane=5)
    listed(owner, lane=5, blocked=Block.REFUSED)
    listed(owner, lane=5, blocked=Block.DELETED_IN_VK, **BOUND)
    listed(owner, lane=1, blocked=Block.GUARD_REMOVALS, **BOUND, confirmed_at=MOMENT)
    listed(owner, unsettled_since=MOMENT, lane=5)
    listed(owner, hold=Reason.NO_CATEGORY)
    factories.AlbumListingFactory(community=owner.vk.community, blocked=Block.REFUSED)
    factories.ListingFactory(lane=5)
    factories.CachedProductFactory.create_batch(3, store=store)
    factories.CachedProductFactory(store=store, absent_since=MOMENT)
    told = figures.of_community(owner, owner.vk.community)
    assert (told.products, told.confirmed, told.drift, told.waiting, told.unknown) == (3, 2, 1, 3, 1)
    assert (told.held, told.failed, told.refused, told.guarded) == (2, 3, 2, 1)
    # The one that a guard holds back is in VK as it was.
    assert told.unpublished == 1


def test_what_is_held_but_gone_from_the_till_has_no_reason_to_tell(owner, store):
    for absent_since in (None, MOMENT):
        product = factories.CachedProductFactory(store=store, absent_since=absent_since)
        listing = listed(owner, hold=Reason.ZERO_PRICE)
        factories.ListingSourceFactory(listing=listing, product=product)
    assert figures.of_community(owner, owner.vk.community).reasons == {Reason.ZERO_PRICE: 1}


def test_a_report_says_the_same(owner):
    listed(owner, **BOUND, confirmed_at=MOMENT)
    listed(owner, hold=Reason.ALCOHOL)
    report = state_after(Report(), owner, owner.vk.community)
    assert (report.confirmed, report.held, report.reasons) == (1, 1, {Reason.ALCOHOL: 1})


def test_so_many_goods_cost_so_many_queries(owner, store, django_assert_num_queries):
    for _turn in range(2):
        for hold in ("", Reason.ALCOHOL, Reason.EXCLUDED):
            listed(owner, hold=hold)
        with django_assert_num_queries(4):
            figures.of_community(owner, owner.vk.community)
