"""Which product types of Evotor may be shown to the public: the terminal SDK's list against Russian law.

A type that is not named here is held: Evotor's list grows, and a new type usually means new rules.
"""

from .reasons import Reason

PUBLISH = Reason.NONE

RULES: dict[str, Reason] = {
    "NORMAL": PUBLISH,
    "SERVICE": PUBLISH,
    "SHOES_MARKED": PUBLISH,
    "TYRES_MARKED": PUBLISH,
    "PERFUME_MARKED": PUBLISH,
    "PHOTOS_MARKED": PUBLISH,
    "LIGHT_INDUSTRY_MARKED": PUBLISH,
    "DAIRY_MARKED": PUBLISH,
    "WATER_MARKED": PUBLISH,
    "BIKE_MARKED": PUBLISH,
    "DIETARY_SUPPLEMENTS_MARKED": PUBLISH,
    "JUICE_MARKED": PUBLISH,
    "WHEELCHAIRS_MARKED": PUBLISH,
    "MEDICAL_DEVICES_MARKED": PUBLISH,
    "CAVIAR_MARKED": PUBLISH,
    "GROCERIES_MARKED": PUBLISH,
    "PET_FOOD_MARKED": PUBLISH,
    # Remote sale is forbidden, and so is offering it.
    "ALCOHOL_MARKED": Reason.ALCOHOL,
    "ALCOHOL_NOT_MARKED": Reason.ALCOHOL,
    "BEER_MARKED": Reason.ALCOHOL,
    "BEER_MARKED_KEG": Reason.ALCOHOL,
    "TOBACCO_MARKED": Reason.TOBACCO,
    "TOBACCO_PRODUCTS_MARKED": Reason.TOBACCO,
    "TOBACCO_STICKS_MARKED": Reason.TOBACCO,
    "MEDICINE_MARKED": Reason.MEDICINE,
    # Legal under conditions that a till does not tell.
    "LOTTERY_TICKET": Reason.REVIEW_TYPE,
    "LOTTERY_PRIZE": Reason.REVIEW_TYPE,
    "VETERINARY_MARKED": Reason.REVIEW_TYPE,
    "JEWELRY_MARKED": Reason.REVIEW_TYPE,
    "FUR_MARKED": Reason.REVIEW_TYPE,
    "ANTISEPTIC_MARKED": Reason.REVIEW_TYPE,
    "NOT_ALCOHOL_BEER_MARKED": Reason.REVIEW_TYPE,
}
FORBIDDEN = frozenset({Reason.ALCOHOL, Reason.TOBACCO, Reason.MEDICINE, Reason.EXCISABLE, Reason.AGE_LIMITED})
# A new member of a forbidden family is forbidden, not merely unknown.
FAMILIES = (("ALCOHOL", Reason.ALCOHOL), ("BEER", Reason.ALCOHOL), ("TOBACCO", Reason.TOBACCO))


def reason_for(type_name: str) -> Reason:
    """Why a product of this type is not shown, or `Reason.NONE`."""
    if (known := RULES.get(type_name)) is not None:
        return known
    name = type_name.strip().upper()
    if name in RULES:
        return RULES[name]
    return next((reason for start, reason in FAMILIES if name.startswith(start)), Reason.UNKNOWN_TYPE)
