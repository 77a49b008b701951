import pytest

from vkmarket.product_types import FORBIDDEN, RULES, reason_for
from vkmarket.reasons import HIDING, Reason

# Every type that Evotor's terminal SDK and cloud documentation name.
NAMED = [
    "NORMAL",
    "SERVICE",
    "ALCOHOL_MARKED",
    "ALCOHOL_NOT_MARKED",
    "BEER_MARKED",
    "BEER_MARKED_KEG",
    "TOBACCO_MARKED",
    "TOBACCO_PRODUCTS_MARKED",
    "MEDICINE_MARKED",
    "SHOES_MARKED",
    "TYRES_MARKED",
    "PERFUME_MARKED",
    "PHOTOS_MARKED",
    "LIGHT_INDUSTRY_MARKED",
    "DAIRY_MARKED",
    "WATER_MARKED",
    "BIKE_MARKED",
    "JEWELRY_MARKED",
    "FUR_MARKED",
    "LOTTERY_TICKET",
    "LOTTERY_PRIZE",
    "ANTISEPTIC_MARKED",
    "DIETARY_SUPPLEMENTS_MARKED",
    "JUICE_MARKED",
    "WHEELCHAIRS_MARKED",
    "MEDICAL_DEVICES_MARKED",
    "NOT_ALCOHOL_BEER_MARKED",
    "CAVIAR_MARKED",
    "GROCERIES_MARKED",
    "TOBACCO_STICKS_MARKED",
    "PET_FOOD_MARKED",
    "VETERINARY_MARKED",
]


def test_every_named_type_is_decided():
    assert set(NAMED) == set(RULES)


@pytest.mark.parametrize(
    "name", [name for name in NAMED if name.startswith(("ALCOHOL", "BEER", "TOBACCO", "MEDICINE"))]
)
def test_alcohol_tobacco_and_medicine_are_forbidden(name):
    assert reason_for(name) in FORBIDDEN


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("NORMAL", Reason.NONE),
        (" normal ", Reason.NONE),
        ("SHOES_MARKED", Reason.NONE),
        ("JEWELRY_MARKED", Reason.REVIEW_TYPE),
        ("NOT_ALCOHOL_BEER_MARKED", Reason.REVIEW_TYPE),
        ("TOBACCO_VAPES_MARKED", Reason.TOBACCO),
        ("DRONES_MARKED", Reason.UNKNOWN_TYPE),
        ("", Reason.UNKNOWN_TYPE),
    ],
)
def test_a_type_gives_its_reason(name, reason):
    assert reason_for(name) is reason


def test_whatever_a_type_holds_back_is_hidden_where_it_is_shown():
    assert {reason for reason in RULES.values() if reason} <= HIDING
    assert Reason.UNKNOWN_TYPE in HIDING
