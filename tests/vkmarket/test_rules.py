from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from catalog.models import Rounding
from vkmarket import rules
from vkmarket.items import Item
from vkmarket.reasons import Reason
from vkmarket.rules import Facts, Hold, Settings, judge

TEA = Facts(
    store_id="20170228-F4F1-401B-80FA-9ECCA8451FFB",
    product_id="a1",
    name="Чай чёрный листовой, 100 г",
    type="NORMAL",
    price=Decimal("120.00"),
    quantity=Decimal("7.000"),
    measure_name="шт",
    description="Крупный лист, без добавок.",
    group_name="Чай",
    category_id=12,
    album=3,
    published=True,
)
SETTINGS = Settings(default_category_id=1, categories=frozenset({1, 12}))


def reason(facts: Facts, settings: Settings = SETTINGS) -> Reason:
    verdict = judge(facts, settings)
    assert isinstance(verdict, Hold), verdict
    return verdict.reason


def test_a_plain_product_becomes_an_item():
    assert judge(TEA, SETTINGS) == Item(
        name="Чай чёрный листовой, 100 г",
        description="Крупный лист, без добавок.",
        price=Decimal("120.00"),
        category_id=12,
        stock=7,
        photo=rules.card_mark("Чай чёрный листовой, 100 г", "#2F5D8A"),
        album=3,
    )


@pytest.mark.parametrize(
    ("change", "why", "hides"),
    [
        ({"published": False}, Reason.EXCLUDED, True),
        ({"absent": True}, Reason.ABSENT, True),
        ({"store_stale": True}, Reason.STORE_STALE, True),
        ({"type": "BEER_MARKED"}, Reason.ALCOHOL, True),
        ({"type": "TOBACCO_MARKED"}, Reason.TOBACCO, True),
        ({"type": "MEDICINE_MARKED"}, Reason.MEDICINE, True),
        ({"type": "LOTTERY_TICKET"}, Reason.REVIEW_TYPE, True),
        ({"type": "HOVERBOARDS_MARKED"}, Reason.UNKNOWN_TYPE, True),
        ({"has_alcohol_fields": True}, Reason.ALCOHOL, True),
        ({"is_excisable": True}, Reason.EXCISABLE, True),
        ({"is_age_limited": True}, Reason.AGE_LIMITED, True),
        ({"allow_to_sell": False}, Reason.NOT_FOR_SALE, True),
        ({"price": None}, Reason.ZERO_PRICE, True),
        ({"price": Decimal("0.00")}, Reason.ZERO_PRICE, True),
        ({"price": Decimal(-5)}, Reason.ZERO_PRICE, True),
        ({"price": Decimal("NaN")}, Reason.ZERO_PRICE, True),
        ({"price": Decimal("999999999999.01")}, Reason.PRICE_TOO_HIGH, False),
        ({"category_id": 13}, Reason.NO_CATEGORY, False),
        ({"name": "🍵" * 160, "group_name": ""}, Reason.NO_LEGAL_NAME, False),
        ({"name": "Чай", "group_name": "", "measure_name": ""}, Reason.NO_LEGAL_NAME, False),
    ],
)
def test_each_hold_has_its_reason_and_its_effect(change, why, hides):
    verdict = judge(replace(TEA, **change), SETTINGS)
    assert verdict == Hold(why)
    assert verdict.hides is hides


def test_reasons_come_in_their_order():
    worst = replace(
        TEA,
        published=False,
        absent=True,
        store_stale=True,
        type="BEER_MARKED",
        allow_to_sell=False,
        price=None,
        category_id=13,
        name="",
        group_name="",
    )
    found = []
    repairs = [
        {"published": True},
        {"absent": False},
        {"store_stale": False},
        {"type": "NORMAL"},
        {"allow_to_sell": True},
        {"price": Decimal(1)},
        {"category_id": None},
        {"name": "Чай чёрный"},
    ]
    for repair in repairs:
        found.append(reason(worst))
        worst = replace(worst, **repair)
    assert found == [
        Reason.EXCLUDED,
        Reason.ABSENT,
        Reason.STORE_STALE,
        Reason.ALCOHOL,
        Reason.NOT_FOR_SALE,
        Reason.ZERO_PRICE,
        Reason.NO_CATEGORY,
        Reason.NO_LEGAL_NAME,
    ]
    assert isinstance(judge(worst, SETTINGS), Item)


def test_a_forbidden_mark_outweighs_a_type_that_is_only_held():
    assert reason(replace(TEA, type="NOT_ALCOHOL_BEER_MARKED", has_alcohol_fields=True)) is Reason.ALCOHOL


# Price


@pytest.mark.parametrize("price", ["0.01", "0.29", "19.99", "9999999.99"])
def test_a_price_arrives_to_the_kopeck(price):
    assert str(judge(replace(TEA, price=Decimal(price)), SETTINGS).price) == price


@pytest.mark.parametrize(
    ("price", "markup", "rounding", "shown"),
    [
        ("100.00", "10", Rounding.NONE, "110.00"),
        ("19.99", "7.5", Rounding.NONE, "21.49"),
        ("0.10", "5", Rounding.NONE, "0.11"),
        ("10.125", "0", Rounding.NONE, "10.13"),
        ("99.50", "0", Rounding.RUBLE, "100.00"),
        ("99.49", "0", Rounding.RUBLE, "99.00"),
        ("99.01", "0", Rounding.UP_TO_RUBLE, "100.00"),
        ("99.00", "0", Rounding.UP_TO_RUBLE, "99.00"),
        ("95.00", "0", Rounding.TEN, "100.00"),
        ("94.99", "0", Rounding.TEN, "90.00"),
        ("4.40", "0", Rounding.TEN, "4.40"),
        ("0.29", "0", Rounding.RUBLE, "0.29"),
        ("0.29", "-99.99", Rounding.NONE, "0.01"),
        ("100.00", "-30", Rounding.NONE, "70.00"),
    ],
)
def test_markup_and_rounding(price, markup, rounding, shown):
    settings = replace(SETTINGS, markup_percent=Decimal(markup), rounding=rounding)
    assert str(judge(replace(TEA, price=Decimal(price)), settings).price) == shown


def test_a_markup_that_leaves_nothing_is_no_price():
    assert reason(TEA, replace(SETTINGS, markup_percent=Decimal(-100))) is Reason.ZERO_PRICE


def test_rounding_cannot_lift_a_price_over_the_bound():
    dear = replace(TEA, price=Decimal("999999999998.00"))
    assert reason(dear, replace(SETTINGS, rounding=Rounding.TEN)) is Reason.PRICE_TOO_HIGH


def test_every_rounding_of_the_settings_is_known():
    assert set(rules.STEPS) == set(Rounding.values)


# Stock


@pytest.mark.parametrize(
    ("quantity", "measure", "stock"),
    [
        (None, "шт", -1),
        ("-175", "шт", 0),
        ("0", "кг", 0),
        ("0.5", "шт", 0),
        ("0.001", "кг", 1),
        ("0.9", "Кв. М", 1),
        ("0.9", " м² ", 1),
        ("0.9", "м³", 1),
        ("0.9", "Л.", 1),
        ("-0.5", "кг", 0),
        ("2.999", "кг", 2),
        ("7.000", "шт", 7),
        ("1000000", "шт", 999_999),
    ],
)
def test_stock_is_in_whole_pieces(quantity, measure, stock):
    facts = replace(TEA, quantity=quantity and Decimal(quantity), measure_name=measure)
    assert judge(facts, SETTINGS).stock == stock


@pytest.mark.parametrize(("quantity", "stock"), [(None, -1), ("5", -1), ("0", 0), ("-2", 0)])
def test_a_hidden_stock_still_says_sold_out(quantity, stock):
    facts = replace(TEA, quantity=quantity and Decimal(quantity))
    assert judge(facts, replace(SETTINGS, show_stock=False)).stock == stock


# Category


def test_a_product_without_a_category_takes_the_default():
    assert judge(replace(TEA, category_id=None), SETTINGS).category_id == 1


def test_without_a_default_it_is_held():
    assert reason(replace(TEA, category_id=None), replace(SETTINGS, default_category_id=None)) is Reason.NO_CATEGORY


def test_while_the_categories_are_unknown_any_is_taken():
    assert judge(replace(TEA, category_id=777), replace(SETTINGS, categories=None)).category_id == 777


# Whatever comes

WILD = st.text(max_size=200) | st.text("аЯёz <>&;b/p.ru:\n\r\t\x00🍵«»\"'()|[]", max_size=200)
FACTS = st.builds(
    Facts,
    store_id=st.just("s"),
    product_id=st.just("p"),
    name=WILD,
    type=st.sampled_from(["NORMAL", "SERVICE", "BEER_MARKED", "NEW_MARKED"]),
    price=st.none() | st.decimals("-1", "2000000000000", allow_nan=False),
    quantity=st.none() | st.decimals(allow_infinity=True, allow_nan=True, places=3),
    measure_name=st.sampled_from(["", "шт", "кг", "м²"]) | WILD,
    description=WILD,
    article_number=WILD,
    code=st.text(max_size=5),
    group_name=WILD,
    attributes_choices=st.just({}) | st.just({"a": "1"}),
    modification_attributes=WILD.map(lambda text: [{"id": "a", "choices": [{"id": "1", "name": text}]}]),
    category_id=st.sampled_from([None, 1, 12, 99]),
    published=st.just(True),
)
WILD_SETTINGS = st.builds(
    Settings,
    default_category_id=st.sampled_from([None, 1]),
    markup_percent=st.decimals("-120", "900", places=2),
    rounding=st.sampled_from(Rounding.values),
    show_stock=st.booleans(),
    card_color=st.text(max_size=7),
    categories=st.sampled_from([None, frozenset({1, 12})]),
)


@tuned(deadline=None)
@given(FACTS, WILD_SETTINGS)
@example(replace(TEA, name="a" + "." * 150), SETTINGS)
@example(replace(TEA, name="a" + " " * 99 + "b"), SETTINGS)
def test_whatever_comes_an_item_is_legal(facts, settings):
    verdict = judge(facts, settings)
    assert verdict == judge(replace(facts), replace(settings))
    if isinstance(verdict, Hold):
        assert verdict.reason
        return
    assert 4 <= len(verdict.name.encode("cp1251")) <= 100
    assert verdict.name.isprintable() and verdict.description.replace("\n", "").isprintable()
    assert 10 <= len(verdict.description.encode("cp1251")) <= 4000
    assert Decimal("0.01") <= verdict.price <= rules.PRICE_MAX
    assert verdict.price.as_tuple().exponent == -2
    assert -1 <= verdict.stock <= 999_999
    assert verdict.category_id in (settings.categories or {1, 12, 99})
    assert Item.from_json(verdict.to_json()) == verdict
