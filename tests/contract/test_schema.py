"""The judge itself: what it must not let pass."""

import pytest

ADD = {"owner_id": "-1", "name": "Чай чёрный", "description": "Листовой, 100 г", "category_id": "1"}


def test_a_legal_call_is_let_pass(schema):
    legal = ADD | {"price": "0.29", "deleted": "0", "photo_ids": "1,2,3,4", "stock_amount": "-1"}
    assert schema.wrong_request("market.add", legal) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "Чай"}, "too short"),
        ({"name": "я" * 101}, "too long"),
        ({"price": "-0.01"}, "less than the minimum"),
        ({"price": "1E3"}, "no number"),
        ({"price": ""}, "no number"),
        ({"deleted": "true"}, "no boolean"),
        ({"photo_ids": "1,2,3,4,5"}, "too long"),
        ({"photo_ids": "1,x"}, "no array"),
        ({"stock_amount": "1000000"}, "greater than the maximum"),
        ({"stock_amount": "1.5"}, "no integer"),
        ({"title": "Чай"}, "no parameter title"),
    ],
)
def test_an_illegal_parameter_is_named(schema, wrong, said):
    (error,) = schema.wrong_request("market.add", ADD | wrong)
    assert said in error


def test_a_missing_parameter_an_unknown_method_and_a_wrong_token_are_named(schema):
    assert schema.wrong_request("market.delete", {"owner_id": "-1"}) == ["market.delete: item_id is missing"]
    assert schema.wrong_request("market.addGood", {}) == ["market.addGood: no such method"]
    assert schema.wrong_request("groups.getTokenPermissions", {}) != []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"market_item_id": "1"}, "is not of type 'integer'"),
        ({}, "'market_item_id' is a required property"),
        ({"market_item_id": 1, "sku": ""}, "$.response.sku: unknown field"),
        (None, "is not of type 'object'"),
    ],
)
def test_an_answer_of_another_shape_is_named(schema, answer, said):
    (error,) = schema.wrong_answer("market.add", {}, answer)
    assert said in error


def test_fields_are_looked_for_in_all_parts_of_an_object(schema):
    """A full item is an item and more, and lies in lists inside lists."""
    photo = {"id": 1, "album_id": -53, "owner_id": -1, "date": 0, "has_tags": False, "sizes": [{"src_w": 1}]}
    wrong = schema.wrong_answer("market.get", {"extended": 1}, {"count": 1, "items": [{"photos": [photo], "sku": ""}]})
    unknown = [error for error in wrong if error.endswith("unknown field")]
    assert unknown == ["market.get: $.response.items[].photos[].sizes[].src_w: unknown field"]
    assert any("'title' is a required property" in error for error in wrong)


def test_what_lies_in_a_section_that_is_not_here_may_be_anything(schema):
    comments = {"count": 1, "items": [{"text": "Есть в наличии?"}]}
    assert schema.wrong_answer("market.getComments", {}, comments) == []
