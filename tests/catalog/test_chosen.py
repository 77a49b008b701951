"""What the merchant's choices come to, in numbers."""

import pytest

from catalog import chosen
from catalog.choices import set_choice
from catalog.models import SyncFilter
from tests.factories import MOMENT, CachedGroupFactory, CachedProductFactory, CachedStoreFactory

pytestmark = pytest.mark.django_db


def test_of_goods_that_were_chosen_one_by_one_those_on_the_till_are_counted():
    store = CachedStoreFactory()
    CachedGroupFactory(store=store, evotor_id="tea")
    user, on, off = store.connection.user, SyncFilter.Mode.INCLUDE, SyncFilter.Mode.EXCLUDE
    set_choice(user, SyncFilter.Entity.STORE, store.evotor_id, "", on)
    set_choice(user, SyncFilter.Entity.GROUP, "tea", store.evotor_id, off)
    goods = [CachedProductFactory(store=store, parent_id=group) for group in ("tea", "tea", "", "", "")]
    gone = CachedProductFactory(store=store, parent_id="tea", absent_since=MOMENT)
    for product, mode in ((goods[0], on), (goods[2], off), (goods[3], on), (gone, on)):
        set_choice(user, SyncFilter.Entity.PRODUCT, product.evotor_id, store.evotor_id, mode)
    assert chosen.goods(user) == 3


def test_what_was_switched_is_counted_of_the_stores_that_are_there():
    here = CachedStoreFactory()
    gone = CachedStoreFactory(connection=here.connection, absent_since=MOMENT)
    CachedStoreFactory(connection=here.connection)
    user, on, off = here.connection.user, SyncFilter.Mode.INCLUDE, SyncFilter.Mode.EXCLUDE
    for store in (here, gone):
        set_choice(user, SyncFilter.Entity.STORE, store.evotor_id, "", on)
        for kind, thing, mode in (("group", "tea", off), ("group", "ungrouped", on), ("product", "p1", off)):
            set_choice(user, kind, thing, store.evotor_id, mode)
    set_choice(CachedStoreFactory().connection.user, "product", "p2", here.evotor_id, off)
    assert chosen.summary(user) == chosen.Chosen(stores=2, stores_on=1, groups_off=1, products_off=1)
