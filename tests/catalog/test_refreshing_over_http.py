"""The same laws over real HTTP: the client, the pages and the faults of Evotor's imitation."""

from decimal import Decimal

import pytest

from catalog.models import CachedGroup, CachedProduct, CachedStore
from catalog.refreshing import refresh
from connections.clients.evotor import EvotorClient
from sandbox import seed
from tests.factories import EvotorConnectionFactory

pytestmark = pytest.mark.django_db
FIRST, OTHER = seed.STORE_ID, seed.OTHER_STORE_ID


@pytest.fixture
def connection(db):
    return EvotorConnectionFactory(access_token=seed.EVOTOR_TOKEN)


@pytest.fixture
def read(connection, sandbox):
    def read():
        return refresh(connection, client=EvotorClient(connection.access_token, base_url=sandbox.evotor_url))

    return read


def present(store_id: str) -> set[str]:
    rows = CachedProduct.objects.present().filter(store__evotor_id=store_id)
    return set(rows.values_list("evotor_id", flat=True))


def shown(sandbox, store_id: str) -> set[str]:
    return {product["id"] for product in sandbox.evotor.products(store_id)}


def test_the_mirror_holds_what_the_till_shows_page_by_page(read, sandbox):
    sandbox.evotor.switch("page_size", 7)
    result = read()
    assert result.complete and not result.errors and result.stores == 2
    for store_id in (FIRST, OTHER):
        assert present(store_id) == shown(sandbox, store_id)
        for told in sandbox.evotor.products(store_id):
            row = CachedProduct.objects.get(store__evotor_id=store_id, evotor_id=told["id"])
            assert row.name == told["name"]
            assert row.price == (None if told.get("price") is None else Decimal(str(told["price"])))
            assert row.quantity == (None if told.get("quantity") is None else Decimal(str(told["quantity"])))
    groups = {group["id"] for store_id in (FIRST, OTHER) for group in sandbox.evotor.groups(store_id)}
    assert set(CachedGroup.objects.values_list("evotor_id", flat=True)) == groups
    assert read().written == 0


def test_a_token_without_the_stock_permission_tracks_no_stock(read, connection):
    connection.access_token = seed.EVOTOR_TOKEN_NO_QUANTITY
    assert read().products > 0
    assert not CachedProduct.objects.exclude(quantity=None).exists()


def test_changes_arrive_and_a_removed_product_is_gone_by_its_404(read, sandbox):
    read()
    changed, removed = sorted(shown(sandbox, FIRST))[:2]
    sandbox.evotor.put_product(FIRST, {"id": changed, "price": Decimal("0.29")})
    sandbox.evotor.remove_product(FIRST, removed)
    result = read()
    assert (result.written, result.vanished, result.complete) == (1, 1, True)
    assert CachedProduct.objects.get(store__evotor_id=FIRST, evotor_id=changed).price == Decimal("0.29")
    assert CachedProduct.objects.get(store__evotor_id=FIRST, evotor_id=removed).absent_proven


def test_a_shop_created_anew_keeps_the_old_rows_as_absent(read, sandbox):
    before = read().products
    old = present(FIRST)
    new = sandbox.evotor.recreate_all(FIRST)
    result = read()
    assert (result.products, result.vanished, result.written) == (before, len(old), len(old))
    assert present(FIRST) == set(new.values())
    assert CachedProduct.objects.filter(evotor_id__in=old).count() == len(old)


@pytest.mark.parametrize("kind", ["truncate", "empty"])
def test_a_short_list_that_looks_whole_removes_nothing(read, sandbox, kind):
    read()
    before = present(FIRST), present(OTHER)
    sandbox.faults.add(kind, api="evotor", method="GET /stores/{store}/products", times=None)
    for _again in range(2):
        result = read()
        assert not result.complete and result.vanished == 0
        assert (present(FIRST), present(OTHER)) == before


@pytest.mark.parametrize("kind", ["cut", "html", "reset", "http"])
def test_an_answer_that_is_lost_removes_nothing_and_the_other_store_goes_on(read, sandbox, kind):
    read()
    before = present(FIRST)
    fault = {"api": "evotor", "method": "GET /stores/{store}/products", "match": {"store": FIRST}, "times": None}
    sandbox.faults.add(kind, **fault, **({"code": 502} if kind == "http" else {}))
    changed = min(shown(sandbox, OTHER))
    sandbox.evotor.put_product(OTHER, {"id": changed, "price": 77})
    result = read()
    assert (result.stores, result.skipped, result.connection_fault) == (1, 1, "")
    assert len(result.errors) == 1 and result.errors[0][1] in ("incomplete", "unavailable")
    assert present(FIRST) == before
    assert CachedProduct.objects.get(store__evotor_id=OTHER, evotor_id=changed).price == 77


def test_a_store_without_the_application_is_skipped(read, sandbox):
    read()
    before = present(OTHER)
    sandbox.evotor.set_installed(OTHER, False)
    result = read()
    assert (result.stores, result.skipped) == (1, 1)
    store = CachedStore.objects.get(evotor_id=OTHER)
    assert (store.error, present(OTHER)) == ("not_installed", before)
    sandbox.evotor.set_installed(OTHER, True)
    assert read().complete
    store.refresh_from_db()
    assert (store.error, store.unreadable_since) == ("", None)


def test_a_revoked_token_is_one_call_and_a_red_light(read, sandbox, connection):
    before = read().products
    sandbox.revoke(seed.EVOTOR_TOKEN)
    mark = sandbox.calls()
    result = read()
    assert (result.connection_fault, result.products) == ("token", before)
    assert sandbox.calls() - mark == 1
    connection.refresh_from_db()
    assert (connection.is_online, connection.last_error) == (False, "token")


def test_a_token_without_the_right_to_products_is_told_of_each_store(read, connection):
    connection.access_token = seed.EVOTOR_TOKEN_NO_PRODUCTS
    connection.save()
    result = read()
    assert {code for _store, code in result.errors} == {"forbidden"}
    connection.refresh_from_db()
    assert (connection.is_online, connection.last_error) == (False, "no_catalog")
    assert (result.stores, result.skipped, result.products) == (0, 2, 0)
