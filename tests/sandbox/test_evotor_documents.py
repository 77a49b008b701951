"""Documents of the till and their effect on the stock."""

import pytest

from sandbox import seed

STORE = seed.STORE_ID
PRODUCTS = f"/stores/{STORE}/products"
DOCUMENTS = f"/stores/{STORE}/documents"


@pytest.fixture
def tea(evotor) -> str:
    return evotor.world.put_product(
        STORE, {"name": "Чай", "price": 99.9, "quantity": 10, "barcodes": ["4600000000008"], "code": "7"}
    )


def stock(evotor, product: str):
    return evotor(f"GET {PRODUCTS}/{product}").body["quantity"]


def test_a_sale_is_a_flat_document_and_lowers_the_stock(evotor, tea):
    document_id = evotor.world.sell(STORE, tea, 1.5)
    document = evotor(f"GET {DOCUMENTS}/{document_id}").body
    (position,) = document["body"]["positions"]
    assert document["type"] == "SELL"
    assert document["close_date"].endswith("+0000")
    assert position["product_id"] == tea
    assert (position["quantity"], position["initial_quantity"], position["sum"]) == (1.5, 10, 149.85)
    assert position["bar_code"] == "4600000000008"
    assert stock(evotor, tea) == 8.5


@pytest.mark.parametrize(
    ("kind", "left"),
    [("SELL", 7), ("WRITE_OFF", 7), ("RETURN", 7), ("PAYBACK", 13), ("ACCEPT", 13), ("INVENTORY", 3)],
)
def test_each_document_moves_the_stock_its_way(evotor, tea, kind, left):
    evotor.world.document(STORE, kind, [(tea, 3)])
    assert stock(evotor, tea) == left


def test_lines_of_one_product_each_know_the_stock_before_them(evotor, tea):
    document_id = evotor.world.document(STORE, "SELL", [(tea, 2), (tea, 0.1), (tea, 0.2)])
    positions = evotor(f"GET {DOCUMENTS}/{document_id}").body["body"]["positions"]
    assert [one["initial_quantity"] for one in positions] == [10, 8, 7.9]
    assert stock(evotor, tea) == 7.7


def test_the_stock_may_follow_later(evotor, tea, clock):
    evotor.world.switch("sale_lag_seconds", 3600)
    evotor.world.sell(STORE, tea, 4)
    clock.pass_(3599)
    assert stock(evotor, tea) == 10
    clock.pass_(1)
    assert stock(evotor, tea) == 6


@pytest.mark.parametrize("bumps", [True, False])
def test_whether_a_sale_counts_as_a_change_is_a_switch(evotor, tea, clock, bumps):
    evotor.world.switch("sale_bumps_updated_at", bumps)
    clock.pass_(60)
    evotor.world.sell(STORE, tea)
    changed = evotor.all(PRODUCTS, since=str(int(clock.now.timestamp() * 1000)))
    assert [one["id"] for one in changed] == ([tea] if bumps else [])


def test_a_payback_may_come_negative_and_still_adds(evotor, tea):
    evotor.world.switch("payback_negative", True)
    document_id = evotor.world.document(STORE, "PAYBACK", [(tea, 3)])
    (position,) = evotor(f"GET {DOCUMENTS}/{document_id}").body["body"]["positions"]
    assert (position["quantity"], position["sum"]) == (-3, 299.7)
    assert stock(evotor, tea) == 13


def test_since_is_inclusive_until_exclusive_and_types_are_a_list(evotor, tea, clock):
    ids, moments = [], []
    for kind in ("SELL", "PAYBACK", "ACCEPT"):
        clock.pass_(60)
        moments.append(str(int(clock.now.timestamp() * 1000)))
        ids.append(evotor.world.document(STORE, kind, [(tea, 1)]))
    found = lambda **params: [one["id"] for one in evotor.all(DOCUMENTS, **params)]  # noqa: E731
    assert found() == ids
    assert found(since=moments[1]) == ids[1:]
    assert found(until=moments[1]) == ids[:1]
    assert found(since=moments[1], until=moments[2]) == ids[1:2]
    assert found(type="SELL,ACCEPT") == [ids[0], ids[2]]
    assert found(types="PAYBACK") == [ids[1]]
    evotor.world.switch("page_size", 1)
    assert found(type="SELL,ACCEPT") == [ids[0], ids[2]]
    assert evotor(f"GET {DOCUMENTS}/{tea}").status == 404


def test_documents_of_a_device(evotor, tea):
    evotor.world.sell(STORE, tea)
    device = evotor.all("/devices", store_id=STORE)[0]["id"]
    assert len(evotor.all(f"/stores/{STORE}/devices/{device}/documents")) == 1
    assert evotor.all(f"/stores/{STORE}/devices/other/documents") == []


def test_a_sale_of_a_product_that_is_gone_by_then_is_no_accident(evotor, tea, clock):
    evotor.world.switch("sale_lag_seconds", 10)
    evotor.world.sell(STORE, tea)
    evotor.world.remove_product(STORE, tea)
    clock.pass_(10)
    assert evotor(f"GET {PRODUCTS}").status == 200
    assert evotor.world.pending == []
