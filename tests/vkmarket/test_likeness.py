"""Which items made by hand are which products: by value and by property."""

from hypothesis import given
from hypothesis import strategies as st

from vkmarket.likeness import SKU, TITLE, Thing, compare


def items(*rows):
    return [Thing(number, *row) for number, row in enumerate(rows, 1)]


def products(*rows):
    return [Thing(number, *row) for number, row in enumerate(rows, 101)]


def test_an_equal_sku_goes_before_an_equal_title():
    found = compare(items(("Чай", "А-1"), ("Кофе", "А-2")), products(("Кофе", "А-1"), ("Чай", "А-3")))
    assert found.pairs == {101: (1, SKU)}
    assert found.unclear == {}


def test_titles_are_equal_however_vk_writes_them():
    found = compare(items(("ЧАЙ &quot;Ассам&quot; -  100 г",)), products(("Чай «Ассам» – 100 г",)))
    assert found.pairs == {101: (1, TITLE)}


def test_like_is_not_equal():
    found = compare(items(("Чай 100 г", "А-1")), products(("Чай 200 г", "А-10"), ("Чай", "")))
    assert (found.pairs, found.unclear) == ({}, {})


def test_several_of_a_title_are_told_apart_by_their_skus():
    found = compare(items(("Чай", "А-1"), ("Чай", "")), products(("Чай", "А-1"), ("Чай", "А-2")))
    assert found.pairs == {101: (1, SKU), 102: (2, TITLE)}


def test_items_that_equal_one_product_are_its_choices():
    found = compare(items(("Чай",), ("Чай",), ("Сахар",)), products(("Чай",), ("Кофе",)))
    assert (found.pairs, found.choices, found.unclear) == ({}, {101: [(1, TITLE), (2, TITLE)]}, {})
    by_sku = compare(items(("Открытка", "А-1"), ("Чай", "А-1"), ("Кофе", "А-1")), products(("Чёрный", "А-1"), ("Чай",)))
    assert by_sku.pairs == {102: (2, TITLE)}
    assert (by_sku.choices, by_sku.unclear) == ({101: [(1, SKU), (3, SKU)]}, {})


def test_an_item_that_equals_several_products_is_told_and_not_guessed():
    two_products = compare(items(("Чай",)), products(("Чай",), ("Чай",)))
    assert (two_products.pairs, two_products.unclear) == ({}, {101: (1, TITLE), 102: (1, TITLE)})


def test_of_two_items_with_one_sku_a_title_can_tell():
    found = compare(items(("Чай", "А-1"), ("Кофе", "А-1")), products(("Чай", "А-1"), ("Кофе", "")))
    assert found.pairs == {101: (1, TITLE), 102: (2, TITLE)}


def test_nothing_is_no_name():
    assert compare(items(("", " ")), products(("", ""))).pairs == {}


def things(first):
    rows = st.tuples(st.sampled_from(("Чай", "чай", "Кофе", "")), st.sampled_from(("", "А-1", "а-1", "Б-2")))
    return st.lists(rows, max_size=6).map(lambda drawn: [Thing(first + n, *row) for n, row in enumerate(drawn)])


@given(things(1), things(101), st.randoms())
def test_pairs_are_one_to_one_share_a_name_and_owe_nothing_to_the_order(left, right, rng):
    found = compare(left, right)
    by_key = {one.key: one for one in [*left, *right]}
    paired = [item for item, _why in found.pairs.values()]
    assert len(paired) == len(set(paired))
    offered = [(product, pair) for product, several in found.choices.items() for pair in several]
    for product, (item, why) in [*found.pairs.items(), *offered, *found.unclear.items()]:
        assert dict(by_key[product].names())[why] == dict(by_key[item].names())[why]
    assert not found.pairs.keys() & (found.choices.keys() | found.unclear.keys())
    assert not found.choices.keys() & found.unclear.keys()
    # Each item is offered once at most, and not as two things.
    once = [item for _product, (item, _why) in offered]
    assert len(once) == len(set(once)) and not set(once) & set(paired)
    # Nobody who looks like something is forgotten.
    known = found.pairs.keys() | found.choices.keys() | found.unclear.keys()
    left_over = [one for one in left if one.key not in paired]
    for product in right:
        assert product.key in known or not any(set(product.names()) & set(one.names()) for one in left_over)
    rng.shuffle(left), rng.shuffle(right)
    assert compare(left, right) == found
