"""Goods of which nothing has changed are not judged again, and whatever a verdict depends on has them judged."""

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog import mirroring
from catalog.choices import set_choice
from catalog.models import CachedGroup, CachedProduct, CachedStore, SyncConfig
from connections.models import VkConnection
from evosync.base import clock
from tests.factories import (
    AlbumListingFactory,
    CachedGroupFactory,
    CachedProductFactory,
    CachedStoreFactory,
    EvotorConnectionFactory,
    SyncConfigFactory,
    VkCategoryFactory,
    VkConnectionFactory,
)
from vkmarket import basis, facts, wishing
from vkmarket.leasing import lease_of
from vkmarket.models import Listing, ListingSource
from vkmarket.reasons import Reason

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    """A merchant with two goods in a group, switched on."""
    till = EvotorConnectionFactory()
    store = CachedStoreFactory(connection=till)
    group = CachedGroupFactory(store=store, name="Чай")
    for name in ("Чай чёрный", "Чай зелёный"):
        CachedProductFactory(store=store, parent_id=group.evotor_id, name=name)
    VkConnectionFactory(user=till.user)
    VkCategoryFactory(category_id=5001)
    SyncConfigFactory(user=till.user)
    set_choice(till.user, "store", store.evotor_id, "", "include")
    return till.user


@pytest.fixture
def judged(monkeypatch):
    """The names that the rules were asked about since the last time this was called."""
    asked, judge = [], wishing.judge

    def listening(told, settings):
        asked.append(told.name)
        return judge(told, settings)

    monkeypatch.setattr(wishing, "judge", listening)

    def since() -> list[str]:
        names, asked[:] = sorted(asked), []
        return names

    return since


def plan(user) -> wishing.Wishes:
    community = user.vk.community
    with lease_of(community) as lease:
        wishes = wishing.look(wishing.Chosen.by(user), community)
        wishing.store(wishes, community, lease)
    return wishes


BOTH = ["Чай зелёный", "Чай чёрный"]


def test_what_has_not_changed_is_not_judged_again(user, judged):
    plan(user)
    assert judged() == BOTH
    wishes = plan(user)
    assert (judged(), wishes.drafts, wishes.bases, wishes.contexts, wishes.products) == ([], {}, {}, {}, 2)


def test_held_goods_that_have_not_changed_are_still_counted(user, judged):
    CachedProduct.objects.update(price=0)
    assert plan(user).held == {Reason.ZERO_PRICE: 2}
    judged()
    assert plan(user).held == {Reason.ZERO_PRICE: 2}
    assert judged() == []


def _told_anew(user):
    CachedProduct.objects.filter(name="Чай чёрный").update(price=Decimal("135.00"), hash="1" * 32)


def _stock_by_receipt(user):
    CachedProduct.objects.filter(name="Чай чёрный").update(quantity=Decimal("3.000"))


def _picture(user):
    CachedProduct.objects.filter(name="Чай чёрный").update(image_url="https://example.com/tea.png")


def _own_text(user):
    CachedProduct.objects.filter(name="Чай чёрный").update(own_text="Собран вручную на склонах.")


def _own_picture(user):
    CachedProduct.objects.filter(name="Чай чёрный").update(own_picture="1.jpg")


def _gone(user):
    CachedProduct.objects.filter(name="Чай чёрный").update(absent_since=clock.now(), absent_proven=True)


def _moved(user):
    CachedProduct.objects.filter(name="Чай чёрный").update(parent_id="")


def _switched_off(user):
    product = CachedProduct.objects.select_related("store").get(name="Чай чёрный")
    set_choice(user, "product", product.evotor_id, product.store.evotor_id, "exclude")


@pytest.mark.parametrize(
    "change", [_told_anew, _stock_by_receipt, _picture, _own_text, _own_picture, _gone, _moved, _switched_off]
)
def test_what_changes_one_product_has_it_judged(user, judged, change):
    plan(user)
    judged()
    change(user)
    assert plan(user).drafts or change is _moved
    assert judged() == ["Чай чёрный"]
    assert plan(user).drafts == {}
    assert judged() == []


def _markup(user):
    SyncConfig.objects.filter(user=user).update(markup_percent=10)


def _deleting(user):
    SyncConfig.objects.filter(user=user).update(delete_absent=True)


def _category(user):
    VkCategoryFactory(category_id=6001)
    CachedGroup.objects.update(vk_category_id=6001)


def _categories(user):
    VkCategoryFactory(category_id=7001)


def _groups_picture(user):
    CachedGroup.objects.update(own_picture="1.jpg")


def _ungrouped_off(user):
    CachedProduct.objects.update(parent_id="")
    set_choice(user, "group", "ungrouped", CachedStore.objects.get().evotor_id, "exclude")


def _renamed_group(user):
    CachedGroup.objects.update(name="Чаи")


def _album(user):
    AlbumListingFactory(community=user.vk.community, group=CachedGroup.objects.get())


def _group_off(user):
    group = CachedGroup.objects.select_related("store").get()
    set_choice(user, "group", group.evotor_id, group.store.evotor_id, "exclude")


def _store_off(user):
    set_choice(user, "store", CachedStore.objects.get().evotor_id, "", "inherit")


def _stale(user):
    CachedStore.objects.update(unreadable_since=clock.now() - timedelta(hours=73))


@pytest.mark.parametrize(
    "change",
    [
        _markup,
        _deleting,
        _category,
        _categories,
        _groups_picture,
        _ungrouped_off,
        _renamed_group,
        _album,
        _group_off,
        _store_off,
        _stale,
    ],
)
def test_what_changes_their_place_has_all_of_it_judged(user, judged, change):
    plan(user)
    judged()
    change(user)
    plan(user)
    assert judged() == BOTH
    # Whether or not anything came of it.
    plan(user)
    assert judged() == []


def test_other_rules_judge_everything_anew(user, judged, monkeypatch):
    plan(user)
    judged()
    monkeypatch.setattr(basis, "RULES", "others")
    assert plan(user).drafts == {}
    assert judged() == BOTH


def test_a_wish_that_was_emptied_is_made_anew(user, judged):
    plan(user)
    ListingSource.objects.filter(product__name="Чай чёрный").update(basis="")
    Listing.objects.filter(source__product__name="Чай чёрный").update(wanted=None, wanted_hash="")
    judged()
    plan(user)
    assert judged() == ["Чай чёрный"]
    assert all(Listing.objects.values_list("wanted_hash", flat=True))


def test_a_product_that_changes_while_it_is_judged_is_judged_again(user, judged, monkeypatch):
    CachedProduct.objects.filter(name="Чай зелёный").delete()
    whole = wishing.whole

    def while_it_changes(due):
        CachedProduct.objects.update(quantity=Decimal("2.000"))
        return whole(due)

    monkeypatch.setattr(wishing, "whole", while_it_changes)
    plan(user)
    monkeypatch.setattr(wishing, "whole", whole)
    CachedProduct.objects.update(quantity=Decimal("7.000"))
    plan(user)
    assert judged() == ["Чай чёрный"] * 2
    assert Listing.objects.get().wanted["stock"] == 7


def test_another_community_has_bases_of_its_own(user, judged):
    plan(user)
    judged()
    other = VkConnectionFactory().community
    VkConnection.objects.filter(community=other).update(community=None)
    user.vk.community = other
    user.vk.save()
    plan(user)
    assert judged() == BOTH
    assert ListingSource.objects.exclude(basis="").count() == 4


def test_every_column_that_the_rules_see_is_part_of_the_basis():
    covered = {*mirroring.PRODUCT_FIELDS, *basis.SAID, "pk", "evotor_id", "parent_id", "basis"}
    # Since when it is absent tells only a rebind, which is asked of all such goods.
    assert set(facts.Row._fields) - covered == {"absent_since"}
