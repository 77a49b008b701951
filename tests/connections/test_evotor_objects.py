"""Evotor's answers as plain data, whatever stands in them."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connections.clients.evotor_objects import parse_group, parse_product, parse_store

from .test_evotor import TEA


def test_a_product_as_evotor_tells_it():
    data = TEA | {"price": Decimal("19.99"), "quantity": Decimal("-175.5"), "alcocodes": [], "unheard_of": {}}
    product = parse_product(data)
    assert (product.id, product.quantity, product.barcodes) == (TEA["id"], Decimal("-175.5"), ("4600000000017",))
    assert product.updated_at == datetime(2018, 9, 11, 16, 18, 35, 397000, tzinfo=UTC)
    assert not product.has_alcohol_fields
    for told in (
        {"alcocodes": ["0100"]},
        {"alcohol_by_volume": 5},
        {"alcohol_product_kind_code": 200},
        {"tare_volume": "0.5"},
    ):
        assert parse_product(data | told).has_alcohol_fields


def test_a_modification_group_is_known_by_its_attributes():
    attributes = [{"id": "a", "name": "Размер", "choices": []}]
    assert parse_group({"id": "g", "name": "Обувь", "attributes": attributes}).attributes == tuple(attributes)
    assert parse_group({"id": "g", "name": "Обувь"}).attributes is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5) | st.just("\ud800\x00"),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside, max_size=3),
    max_leaves=6,
)
fields = sorted(parse_product(TEA | {"price": 1, "cost_price": 1, "quantity": 1}).__slots__)


@given(st.dictionaries(st.sampled_from(fields), anything))
def test_no_field_breaks_the_reading_of_a_product(told):
    for parse in (parse_product, parse_group, parse_store):
        parse(told)
        thing = parse(TEA | told)
        if thing is not None:
            for value in (thing.id, thing.name or "-"):
                assert "\0" not in value and value.encode()
    product = parse_product(TEA | told)
    if product is not None:
        for number in (product.price, product.cost_price, product.quantity):
            assert number is None or abs(number) < 10**12
