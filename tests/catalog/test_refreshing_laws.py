"""Whatever happens at a till and on the way to it, the mirror follows and nothing is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.models import CachedProduct
from catalog.refreshing import refresh
from connections.clients.errors import BadAnswer, NotInstalled
from tests.catalog.till import Shop, Till
from tests.factories import EvotorConnectionFactory

IDS = st.sampled_from("abcdefgh")
EDITS = st.one_of(
    st.tuples(st.just("price"), IDS, st.integers(0, 3)),
    st.tuples(st.just("remove"), IDS, st.none()),
    st.tuples(st.just("fault"), st.sampled_from(["402", "cut", "breaks", "empty"]), st.integers(0, 3)),
)


def edit(shop: Shop, kind: str, what: str, number: int | None) -> None:
    if kind == "price":
        shop.add(what, price=number)
    elif kind == "remove" and len(shop.products) > 1:
        shop.products.pop(what, None)


def fault(shop: Shop, what: str, number: int) -> None:
    match what:
        case "402":
            shop.errors["products"] = NotInstalled(402, "no application")
        case "cut":
            shop.cut_at = number
        case "breaks":
            shop.error_after, shop.errors["later"] = number, BadAnswer(None, "half a body")
        case "empty":
            shop.cut_at = 0


def heal(shop: Shop) -> None:
    shop.errors, shop.cut_at, shop.error_after = {}, None, None


def mirrored(connection) -> dict:
    rows = CachedProduct.objects.filter(store__connection=connection, absent_since=None)
    return {evotor_id: int(price) for evotor_id, price in rows.values_list("evotor_id", "price")}


def lost(connection, shop) -> set[str]:
    """Goods that the mirror holds for proven gone although the till has them."""
    proven = CachedProduct.objects.filter(store__connection=connection, absent_proven=True)
    return set(proven.values_list("evotor_id", flat=True)) & set(shop.products)


@pytest.mark.django_db
@settings(max_examples=40)
@given(st.lists(EDITS, max_size=12))
def test_the_mirror_follows_the_till(edits):
    shop = Shop()
    shop.add("a")
    till, connection = Till(page=3, S=shop), EvotorConnectionFactory()
    refresh(connection, client=till)
    for kind, what, number in edits:
        if kind != "fault":
            edit(shop, kind, what, number)
            continue
        fault(shop, what, number)
        before = set(mirrored(connection))
        # Gone once and back at the till since: a read that fails cannot know.
        back = lost(connection, shop)
        result = refresh(connection, client=till)
        assert (before - set(mirrored(connection))).isdisjoint(shop.products)
        assert connection.stores.get().goods == result.products == len(mirrored(connection))
        assert not result.connection_fault
        assert lost(connection, shop) <= back
        heal(shop)
    result = refresh(connection, client=till)
    assert result.complete
    assert mirrored(connection) == {key: told["price"] for key, told in shop.products.items()}
    assert refresh(connection, client=till).written == 0
