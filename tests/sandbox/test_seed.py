"""The shop that the sandbox opens with."""

import re
from collections import Counter

from sandbox import seed
from sandbox.evotor import EvotorWorld
from sandbox.vk import VkWorld

# ProductType of the till's own library, and what its documentation has added since.
TYPES = re.findall(
    r"\w+",
    """
    NORMAL SERVICE ALCOHOL_MARKED ALCOHOL_NOT_MARKED BEER_MARKED BEER_MARKED_KEG TOBACCO_MARKED TOBACCO_PRODUCTS_MARKED
    MEDICINE_MARKED SHOES_MARKED TYRES_MARKED PERFUME_MARKED PHOTOS_MARKED LIGHT_INDUSTRY_MARKED DAIRY_MARKED
    WATER_MARKED BIKE_MARKED JEWELRY_MARKED FUR_MARKED LOTTERY_TICKET LOTTERY_PRIZE ANTISEPTIC_MARKED
    DIETARY_SUPPLEMENTS_MARKED JUICE_MARKED WHEELCHAIRS_MARKED MEDICAL_DEVICES_MARKED NOT_ALCOHOL_BEER_MARKED
    CAVIAR_MARKED GROCERIES_MARKED TOBACCO_STICKS_MARKED PET_FOOD_MARKED VETERINARY_MARKED
    """,
)
FORBIDDEN = re.compile("ALCOHOL|BEER|TOBACCO|NICOTINE|MEDICINE|LOTTERY|VETERINARY|JEWELRY|FUR_|ANTISEPTIC")


def shop(**options) -> EvotorWorld:
    world = EvotorWorld()
    seed.fill(world, VkWorld(), **options)
    return world


def both(world) -> list[dict]:
    return world.products(seed.STORE_ID) + world.products(seed.OTHER_STORE_ID)


def test_it_is_the_same_every_time():
    first, second = shop(), shop()
    assert both(first) == both(second)
    assert first.groups(seed.STORE_ID) == second.groups(seed.STORE_ID)


def test_it_has_300_to_400_products_and_most_can_be_published():
    rows = both(shop())
    assert 300 <= len(rows) <= 400
    held = [
        row
        for row in rows
        if FORBIDDEN.search(row["type"])
        or not row.get("price")
        or not row.get("allow_to_sell", True)
        or row.get("is_excisable")
        or row.get("is_age_limited")
    ]
    assert 0.8 <= 1 - len(held) / len(rows) <= 0.9


def test_every_type_is_there_and_unknown_ones():
    types = {row["type"] for row in both(shop())}
    assert set(TYPES) <= types
    assert types - set(TYPES)


def test_the_oddities_of_real_tills_are_there():
    world = shop()
    rows, groups = world.products(seed.STORE_ID), world.groups(seed.STORE_ID)
    ids = {group["id"] for group in groups}
    assert any(row.get("parent_id", "") not in {"", *ids} for row in rows), "an orphan"
    assert any(group.get("parent_id", "") not in {"", *ids} for group in groups), "an orphan group"
    assert any("attributes" in group for group in groups), "a modification group"
    assert sum("attributes_choices" in row for row in rows) == 6
    assert max(Counter(group["name"] for group in groups).values()) > 1, "equal names in different branches"
    assert any(row.get("quantity", 0) < 0 for row in rows)
    assert any(row.get("quantity", 0) % 1 for row in rows)
    assert any(row.get("quantity") == 0 for row in rows)
    assert any(row.get("price") == 0 for row in rows)
    assert any(row["price"] % 1 for row in rows if "price" in row)
    assert any(len(row["name"]) <= 3 for row in rows)
    assert any("description" not in row for row in rows)
    assert any(set(row) <= {"id", "name", "type", "store_id", "user_id", "created_at", "updated_at"} for row in rows)
    twins = Counter((row["name"], row.get("barcodes", [""])[0]) for row in rows if "attributes_choices" not in row)
    assert max(twins.values()) == 2, "entered twice"
    assert world.shelves[seed.STORE_ID].images


def test_groups_are_nested():
    groups = {group["id"]: group for group in shop().groups(seed.STORE_ID)}

    def depth(group):
        parent = groups.get(group.get("parent_id"))
        return 1 + depth(parent) if parent else 1

    assert max(map(depth, groups.values())) == 3


def test_the_stores_share_goods_under_different_ids():
    world = shop()
    one, other = ({row["name"]: row for row in world.products(store)} for store in (seed.STORE_ID, seed.OTHER_STORE_ID))
    shared = [name for name in other if "barcodes" in other[name] and name in one]
    assert len(shared) > 50
    for name in shared:
        assert one[name]["barcodes"] == other[name]["barcodes"]
        assert one[name]["id"] != other[name]["id"]


def test_ids_are_of_mixed_versions_and_stores_upper_case():
    world = shop()
    assert {row["id"][14] for row in both(world)} == {"1", "4", "5"}
    assert all(row["id"] == row["id"].lower() for row in both(world))
    assert all(store_id == store_id.upper() for store_id in world.stores)


def test_barcodes_have_right_check_digits():
    codes = [code for row in both(shop()) for code in row.get("barcodes", [])]
    assert codes
    for code in codes:
        assert len(code) == 13
        assert sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(code)) % 10 == 0


def test_more_products_on_request():
    rows = both(shop(products=2500))
    assert len(rows) == 2500
    assert len({row["id"] for row in rows}) == 2500


def test_the_second_merchant_has_a_dozen_and_an_empty_seed_none():
    world = shop()
    assert len(world.products(seed.SECOND_EVOTOR_TOKEN)) == 12
    blank = shop(empty=True)
    assert both(blank) == []
    assert len(blank.stores) == 3
