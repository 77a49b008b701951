"""The rules of market.add, edit, delete and restore."""

import pytest

from sandbox import seed
from tests.sandbox.conftest import GROUP, OWNER


def test_an_added_item_is_read_back(vk, clock):
    category = vk.world.categories.find("Чай, кофе и какао")
    item_id = vk.add(sku="ES0001", stock_amount=7, url="https://example.org/1")
    item = vk.item(item_id, extended=1)
    assert item["title"] == "Чай чёрный «Ассам»"
    assert "name" not in item
    assert item["price"]["amount"] == "24550"
    assert item["price"]["text"] == "245,50 ₽"
    assert item["category"]["id"] == category
    assert item["category"]["parent"]["name"] == "Продукты питания"
    assert (item["sku"], item["stock_amount"], item["url"]) == ("ES0001", 7, "https://example.org/1")
    assert (item["owner_id"], item["availability"]) == (OWNER, 0)
    assert item["albums_ids"] == []
    assert item["photos"][0]["sizes"][0]["width"] == 500


@pytest.mark.parametrize(
    ("price", "amount"),
    [("0.29", "29"), ("19.99", "1999"), ("9999999.99", "999999999"), ("1", "100"), ("0", "0"), ("0.005", "1")],
)
def test_prices_go_in_as_roubles_and_come_out_as_hundredths(vk, price, amount):
    assert vk.item(vk.add(price=price))["price"]["amount"] == amount


def test_an_old_price_shows_the_discount(vk):
    price = vk.item(vk.add(price="75", old_price="100"))["price"]
    assert (price["old_amount"], price["discount_rate"]) == ("10000", -25)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "Чай", "name should be at least 4 letters"),
        ("name", "   Ёж    ", "name should be at least 4 letters"),
        ("name", "я" * 101, "name should be no more than 100"),
        ("name", "Чай 🍵" + "🍵" * 11, "name should be no more than 100"),
        ("name", None, "name is undefined"),
        ("description", "Короткое", "description should be at least 10"),
        ("description", None, "description is undefined"),
        ("category_id", 10_000, "category_id"),
        ("category_id", 77, "category_id"),
        ("category_id", "чай", "category_id"),
        ("price", "-1", "price"),
        ("price", "сто", "price"),
        ("price", "NaN", "price"),
        ("price", "1000000000000", "price"),
        ("old_price", "-1", "old_price"),
        ("sku", "x" * 51, "sku"),
        ("url", "x" * 321, "url"),
        ("stock_amount", -2, "stock_amount"),
        ("stock_amount", 1_000_000, "stock_amount"),
        ("stock_amount", 1.5, "stock_amount"),
        ("photo_ids", "1,2,3,4,5", "photo_ids"),
        ("video_ids", "1,2,3", "video_ids"),
        ("main_photo_id", 0, "photo is undefined"),
        ("main_photo_id", 999, "photo not found or already assigned to another item"),
    ],
)
def test_a_broken_limit_is_error_100_that_names_the_field(vk, field, value, said):
    fields = vk.fields(**({"main_photo_id": value} if field == "main_photo_id" else {})) | {field: value}
    error = vk.raw("market.add", **{name: one for name, one in fields.items() if one is not None})["error"]
    assert error["error_code"] == 100
    assert said in error["error_msg"]
    assert vk.world.items(GROUP) == []


def test_letters_beyond_cp1251_count_as_references(vk):
    assert vk.add(name="Чай 🍵" + "🍵" * 9)
    vk.world.switch("name_in_cp1251", False)
    assert vk.add(name="Чай 🍵" + "🍵" * 90)


def test_links_in_the_description_are_1408(vk):
    assert vk.code("market.add", **vk.fields(description="Подробнее на https://shop.example.org/чай")) == 1408
    assert vk.code("market.add", **vk.fields(description="Подробнее на www.example.org")) == 1408
    assert vk.add(description="Подробнее на https://vk.com/lavka")


def test_sizes_go_all_together(vk):
    assert vk.code("market.add", **vk.fields(weight=100)) == 1429
    sizes = {"dimension_width": 10, "dimension_height": 20, "dimension_length": 30, "weight": 100}
    item = vk.item(vk.add(**sizes))
    assert (item["weight"], item["dimensions"]) == (100, {"width": 10, "height": 20, "length": 30})
    assert vk.code("market.add", **vk.fields(**sizes | {"weight": 100_000_001})) == 100


def test_two_equal_adds_make_two_items_where_a_photo_may_serve_twice(vk):
    vk.world.switch("photo_single_use", False)
    fields = vk.fields(sku="ES0001")
    first, second = (vk("market.add", **fields)["market_item_id"] for _ in range(2))
    assert first != second
    assert len(vk.world.items(GROUP)) == 2


def test_a_photo_serves_one_item(vk):
    photo = vk.photo()
    first = vk.add(main_photo_id=photo)
    assert "already assigned" in vk.message("market.add", **vk.fields(main_photo_id=photo))
    other = vk.add()
    assert vk.code("market.edit", owner_id=OWNER, item_id=other, photo_ids=photo) == 100
    # The item itself may name its photo again.
    extra = vk.photo()
    assert vk("market.edit", owner_id=OWNER, item_id=first, main_photo_id=photo, photo_ids=extra) == 1


def test_a_photo_of_another_community_is_not_found(vk):
    photo = vk.photo()
    vk.token = seed.SECOND_VK_TOKEN
    assert vk.code("market.add", **vk.fields(owner_id=-seed.SECOND_VK_GROUP_ID, main_photo_id=photo)) == 100


def test_an_edit_changes_the_given_fields_alone(vk):
    item_id = vk.add(stock_amount=3)
    before = vk.item(item_id)
    assert vk("market.edit", owner_id=OWNER, item_id=item_id, price="300") == 1
    after = vk.item(item_id)
    assert after["price"]["amount"] == "30000"
    assert {**after, "price": None} == {**before, "price": None}


def test_an_edit_without_a_change_is_nothing_to_change(vk):
    item_id = vk.add()
    assert "nothing to change" in vk.message("market.edit", owner_id=OWNER, item_id=item_id, price="245.5")
    assert "nothing to change" in vk.message("market.edit", owner_id=OWNER, item_id=item_id)


def test_an_edit_without_a_change_may_pass_by_switch(vk):
    vk.world.switch("noop_edit_is_error", False)
    item_id = vk.add()
    assert vk("market.edit", owner_id=OWNER, item_id=item_id, price="245.5") == 1


def test_an_edit_of_an_unknown_or_deleted_item_is_1403(vk):
    assert vk.code("market.edit", owner_id=OWNER, item_id=1, price=1) == 1403
    item_id = vk.add()
    vk("market.delete", owner_id=OWNER, item_id=item_id)
    assert vk.code("market.edit", owner_id=OWNER, item_id=item_id, price=1) == 1403
    assert vk.code("market.delete", owner_id=OWNER, item_id=item_id) == 1403


def test_an_item_of_another_community_is_1403(vk):
    item_id = vk.add()
    vk.token = seed.SECOND_VK_TOKEN
    assert vk.code("market.edit", owner_id=-seed.SECOND_VK_GROUP_ID, item_id=item_id, price=1) == 1403


def test_restore_works_within_its_window(vk, clock):
    item_id = vk.add()
    assert vk.code("market.restore", owner_id=OWNER, item_id=item_id) == 1518
    vk("market.delete", owner_id=OWNER, item_id=item_id)
    assert vk("market.restore", owner_id=OWNER, item_id=item_id) == 1
    assert vk.item(item_id)
    vk("market.delete", owner_id=OWNER, item_id=item_id)
    clock.pass_(vk.world.switches["restore_window_seconds"])
    assert vk.code("market.restore", owner_id=OWNER, item_id=item_id) == 1400
    assert vk.code("market.restore", owner_id=OWNER, item_id=1) == 1403


def test_the_number_of_items_is_limited_and_hidden_ones_count(vk):
    vk.world.switch("item_limit", 2)
    vk.add(deleted=1)
    second = vk.add()
    assert vk.code("market.add", **vk.fields()) == 1405
    vk("market.delete", owner_id=OWNER, item_id=second)
    assert vk.add()


def test_caps_on_creates_are_off_until_switched_on(vk, clock):
    vk.world.switch("adds_per_hour", 2)
    vk.add()
    vk.add()
    assert vk.code("market.add", **vk.fields()) == 29
    clock.pass_(3600)
    assert vk.add()
    vk.world.switch("adds_per_day", 3)
    vk.world.switch("adds_over_code", 9)
    assert vk.code("market.add", **vk.fields()) == 9


def test_variants_need_the_extended_market(vk):
    assert vk.code("market.add", **vk.fields(variant_ids="1")) == 1409
    assert vk.code("market.getProperties", group_id=GROUP) == 1409
    vk.world.switch("extended_market", True)
    size = vk("market.addProperty", group_id=GROUP, title="Размер")["property_id"]
    small, large = (
        vk("market.addPropertyVariant", group_id=GROUP, property_id=size, title=title)["variant_id"]
        for title in ("S", "L")
    )
    items = [vk.add(variant_ids=one) for one in (small, large)]
    joined = vk("market.groupItems", group_id=GROUP, item_ids=items)["item_group_id"]
    assert vk.item(items[1])["variants_grouping_id"] == joined
    assert vk.code("market.add", **vk.fields(variant_ids="999")) == 1416
    assert vk.code("market.groupItems", group_id=GROUP, item_ids=items[:1]) == 1425
    assert vk("market.ungroupItems", group_id=GROUP, item_group_id=joined) == 1


def test_reordering_moves_an_item(vk):
    first, second, third = (vk.add() for _ in range(3))
    order = [one["id"] for one in vk("market.get", owner_id=OWNER)["items"]]
    assert order == [third, second, first]
    vk("market.reorderItems", owner_id=OWNER, item_id=first, before=third)
    assert [one["id"] for one in vk("market.get", owner_id=OWNER)["items"]] == [first, third, second]
    vk("market.reorderItems", owner_id=OWNER, item_id=first, after=third)
    assert [one["id"] for one in vk("market.get", owner_id=OWNER)["items"]] == [third, first, second]
