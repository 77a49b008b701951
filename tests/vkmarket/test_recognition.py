import random
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from vkmarket.recognition import Ambiguity, Candidate, decide, match, recognisable

PRICE = Decimal("120.00")


def gone(key, **fields):
    return recognisable(("old", key), **fields)


def come(key, **fields):
    return recognisable(("new", key), **fields)


def pairs(missing, new):
    return {before[1]: after[1] for before, after in match(missing, new).pairs.items()}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"barcodes": ["4601"]}, {"barcodes": ["4601"], "name": "Другое", "price": PRICE}),
        ({"barcodes": ["4601", "4602"]}, {"barcodes": [" 4602 "]}),
        ({"article": "A-1"}, {"article": "a-1 ", "barcodes": ["4603"]}),
        ({"name": "Чай Чёрный", "price": PRICE}, {"name": "чай  черный.", "price": Decimal("120")}),
        ({"name": "Чай", "price": PRICE, "barcodes": ["4601"]}, {"name": "Чай", "price": PRICE}),
    ],
)
def test_the_same_product_under_a_new_id_is_recognised(before, after):
    assert pairs([gone(1, **before)], [come(1, **after)]) == {1: 1}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"barcodes": ["4601"], "name": "Чай", "price": PRICE}, {"barcodes": ["4602"], "name": "Чай", "price": PRICE}),
        ({"name": "Чай", "price": PRICE}, {"name": "Чай", "price": Decimal("121")}),
        ({"name": "Чай", "price": None}, {"name": "Чай", "price": None}),
        ({"name": "", "price": PRICE}, {"name": "", "price": PRICE}),
        ({"article": "-"}, {"article": "-"}),
        ({"barcodes": [""]}, {"barcodes": [""]}),
    ],
)
def test_what_is_not_surely_the_same_is_left_alone(before, after):
    found = match([gone(1, **before)], [come(1, **after)])
    assert found.pairs == {} and found.ambiguous == ()


def test_a_stronger_key_wins():
    missing = [gone(1, barcodes=["4601"], article="A", name="Чай", price=PRICE)]
    new = [come(1, article="A"), come(2, barcodes=["4601"]), come(3, name="Чай", price=PRICE)]
    assert pairs(missing, new) == {1: 2}


def test_a_weaker_key_is_asked_about_who_is_left():
    missing = [gone(1, barcodes=["4601"], article="A"), gone(2, article="A")]
    new = [come(1, barcodes=["4601"]), come(2, article="A")]
    assert pairs(missing, new) == {1: 1, 2: 2}


def test_two_of_one_barcode_are_told_apart_by_article_then_name():
    missing = [gone(1, barcodes=["1"], article="A"), gone(2, barcodes=["1"], article="B")]
    new = [come(1, barcodes=["1"], article="B"), come(2, barcodes=["1"], article="A")]
    assert pairs(missing, new) == {1: 2, 2: 1}
    missing = [gone(1, article="б/н", name="Чай", price=PRICE), gone(2, article="б/н", name="Сок", price=PRICE)]
    new = [come(1, article="б/н", name="Сок", price=Decimal(99)), come(2, article="б/н", name="Чай", price=PRICE)]
    assert pairs(missing, new) == {1: 2, 2: 1}


def test_goods_of_two_stores_stay_in_their_stores():
    missing = [gone(1, barcodes=["1"], store="A"), gone(2, barcodes=["1"], store="B")]
    new = [come(1, barcodes=["1"], store="B"), come(2, barcodes=["1"], store="A")]
    assert pairs(missing, new) == {1: 2, 2: 1}


def test_a_product_that_moved_to_another_store_is_found_there():
    assert pairs([gone(1, barcodes=["1"], store="A")], [come(1, barcodes=["1"], store="B")]) == {1: 1}


def test_what_fits_several_is_nobodys_guess():
    found = match([gone(1, barcodes=["1"])], [come(1, barcodes=["1"]), come(2, barcodes=["1"])])
    assert found.pairs == {}
    assert found.ambiguous == (Ambiguity(frozenset({("old", 1)}), frozenset({("new", 1), ("new", 2)})),)


def test_an_ambiguous_product_is_not_joined_by_a_weaker_key():
    missing = [gone(1, barcodes=["1"], article="A"), gone(2, barcodes=["1"], article="A")]
    new = [come(1, barcodes=["1"], article="A"), come(2, article="A")]
    found = match(missing, new)
    assert found.pairs == {}
    assert found.ambiguous == (Ambiguity(frozenset({("old", 1), ("old", 2)}), frozenset({("new", 1)})),)


def test_separate_riddles_are_reported_apart():
    missing = [gone(code, barcodes=[code]) for code in "12"]
    new = [come(f"{code}{twin}", barcodes=[code]) for code in "12" for twin in "ab"]
    assert [len(riddle.new) for riddle in match(missing, new).ambiguous] == [2, 2]


def test_a_product_that_may_come_back_makes_its_like_wait():
    verdict = decide(
        proven=[gone(1, barcodes=["1"]), gone(3, barcodes=["3"]), gone(4, barcodes=["4"])],
        unproven=[gone(2, barcodes=["2"]), gone(5, barcodes=["4"])],
        new=[come(key, barcodes=[code]) for key, code in enumerate("123346", start=1)],
    )
    assert verdict.rebind == {("old", 1): ("new", 1)}
    assert verdict.maybe_moved == {("new", 2), ("new", 5)}
    assert verdict.ambiguous == {("new", 3), ("new", 4)}
    assert verdict.contested == {("old", 3), ("old", 4)}


FEW = st.sampled_from("123")
GOODS = st.builds(
    dict,
    barcodes=st.lists(FEW, max_size=2),
    article=st.sampled_from(["", "A", "B"]),
    name=st.sampled_from(["", "чай", "сок"]),
    price=st.sampled_from([None, PRICE, Decimal(5)]),
    store=st.sampled_from(["s", "t"]),
)


def sides(raw_gone, raw_come):
    return [gone(i, **one) for i, one in enumerate(raw_gone)], [come(i, **one) for i, one in enumerate(raw_come)]


@tuned(deadline=None)
@given(st.lists(GOODS, max_size=8), st.lists(GOODS, max_size=8), st.randoms())
def test_matches_are_one_to_one_and_independent_of_order(raw_gone, raw_come, chance):
    missing, new = sides(raw_gone, raw_come)
    found = match(missing, new)
    named_gone = [*found.pairs, *(key for riddle in found.ambiguous for key in riddle.missing)]
    named_come = [*found.pairs.values(), *(key for riddle in found.ambiguous for key in riddle.new)]
    assert len(set(named_gone)) == len(named_gone) and set(named_gone) <= {one.key for one in missing}
    assert len(set(named_come)) == len(named_come) and set(named_come) <= {one.key for one in new}
    assert all(riddle.missing and riddle.new for riddle in found.ambiguous)
    chance.shuffle(missing)
    chance.shuffle(new)
    assert match(missing, new) == found


@tuned(deadline=None)
@given(st.lists(GOODS, max_size=8), st.lists(GOODS, max_size=8))
def test_whoever_is_joined_has_something_in_common(raw_gone, raw_come):
    missing, new = sides(raw_gone, raw_come)
    by_key = {one.key: one for one in [*missing, *new]}
    for before, after in match(missing, new).pairs.items():
        one, other = by_key[before], by_key[after]
        named_alike = one.name == other.name != "" and one.price == other.price and one.price is not None
        assert (
            one.barcodes & other.barcodes
            or one.article == other.article != ""
            or (named_alike and not (one.barcodes and other.barcodes))
        )


@tuned(deadline=None)
@given(st.lists(GOODS, max_size=8), st.lists(GOODS, max_size=8))
def test_missing_and_new_may_change_places(raw_gone, raw_come):
    missing, new = sides(raw_gone, raw_come)
    there, back = match(missing, new), match(new, missing)
    assert {after: before for before, after in back.pairs.items()} == there.pairs
    assert {(riddle.new, riddle.missing) for riddle in back.ambiguous} == {
        (riddle.missing, riddle.new) for riddle in there.ambiguous
    }


@tuned(deadline=None)
@given(st.lists(GOODS, max_size=8), st.lists(GOODS, max_size=8))
def test_nobody_is_left_out_who_has_a_free_counterpart(raw_gone, raw_come):
    """What is created anew while its like is on the showcase would double it."""
    missing, new = sides(raw_gone, raw_come)
    found = match(missing, new)
    named = {*found.pairs, *found.pairs.values()}
    named |= {key for riddle in found.ambiguous for key in riddle.missing | riddle.new}
    for one in missing:
        for other in new:
            if one.key not in named and other.key not in named:
                assert not one.barcodes & other.barcodes
                assert one.article != other.article or not one.article


def catalog(count):
    return [
        {
            "barcodes": [f"46{i:09}"] if i % 3 else [],
            "article": f"A{i}" if i % 2 else "",
            "name": f"Товар {i // 2}",
            "price": Decimal(i),
            "store": "s",
        }
        for i in range(count)
    ]


def test_a_catalog_created_anew_is_recognised_whole():
    goods = catalog(300)
    missing, new = sides(goods, random.Random(1).sample(goods, len(goods)))
    assert len(match(missing, new).pairs) == 300


def test_thousands_of_one_barcode_take_no_quadratic_time():
    same = [Candidate(("old", i), frozenset({"1"})) for i in range(20_000)]
    new = [Candidate(("new", i), frozenset({"1"})) for i in range(20_000)]
    began = time.process_time()
    found = match(same, new)
    assert len(found.ambiguous) == 1 and found.pairs == {}
    assert time.process_time() - began < 10
