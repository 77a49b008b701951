from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.clients.vk_objects import (
    MarketItem,
    parse_album,
    parse_categories,
    parse_group,
    parse_item,
    parse_user,
)

ITEM = {
    "id": 5,
    "owner_id": -7,
    "title": "Чай",
    "description": "Чёрный, листовой",
    "price": {"amount": "1999", "currency": {"id": 643}},
    "sku": "ES0123456789",
    "stock_amount": 3,
    "availability": 0,
    "category": {"id": 40, "name": "Чай", "parent": {"id": 4}},
    "albums_ids": [1, 2],
    "photos": [{"id": 11}, {"id": 12}],
    "thumb_photo": "https://example.org/1.jpg",
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from([*ITEM, "amount", "children", "name"]), inside)
    ),
    max_leaves=10,
)


def test_an_item_as_vk_shows_it():
    assert parse_item(ITEM) == MarketItem(
        item_id=5,
        title="Чай",
        description="Чёрный, листовой",
        price=Decimal("19.99"),
        sku="ES0123456789",
        stock=3,
        availability=0,
        category_id=40,
        albums=(1, 2),
        photos=(11, 12),
        thumb_url="https://example.org/1.jpg",
        reject_info=None,
    )


@pytest.mark.parametrize(
    ("amount", "roubles"),
    [
        ("29", "0.29"),
        ("1999", "19.99"),
        ("999999999", "9999999.99"),
        (100, "1"),
        ("0", "0"),
        ("", None),
        ("NaN", None),
        (True, None),
    ],
)
def test_amounts_are_hundredths(amount, roubles):
    price = parse_item(ITEM | {"price": {"amount": amount}}).price
    assert price == (None if roubles is None else Decimal(roubles))


@pytest.mark.parametrize(
    ("availability", "stock", "visible"), [(0, 0, True), (0, 5, True), (2, 5, False), (2, 0, None), (1, 0, False)]
)
def test_hidden_and_sold_out_are_told_apart_where_vk_tells(availability, stock, visible):
    assert parse_item(ITEM | {"availability": availability, "stock_amount": stock}).visible is visible


def test_false_for_an_item_and_a_list_for_a_price_are_borne():
    assert parse_item(False) is None
    assert parse_item(ITEM | {"price": []}).price is None
    assert parse_item(ITEM | {"reject_info": []}).reject_info is None
    assert parse_item(ITEM | {"reject_info": {"title": "Отклонён"}}).reject_info == {"title": "Отклонён"}


@given(anything)
def test_no_answer_breaks_the_reading(data):
    for parse in (parse_item, parse_album, parse_group, parse_user):
        parse(data)
    list(parse_categories(data))


@given(st.dictionaries(st.sampled_from([*ITEM]), anything))
def test_no_field_breaks_the_reading_of_an_item(fields):
    item = parse_item(ITEM | fields)
    if item is not None:
        assert item.price is None or item.price.as_tuple().exponent == -2


def test_an_album_as_vk_shows_it():
    album = parse_album({"id": 3, "title": "Чай и кофе", "count": 2, "is_main": True, "is_hidden": 0})
    assert (album.album_id, album.title, album.count, album.is_main, album.is_hidden) == (
        3,
        "Чай и кофе",
        2,
        True,
        False,
    )
