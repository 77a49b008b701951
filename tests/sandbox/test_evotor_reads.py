"""Reading Evotor: rights, headers, pages, deltas."""

from datetime import timedelta

import pytest

from sandbox import seed
from sandbox.evotor_shapes import cursor_of, millis

STORE, OTHER = seed.STORE_ID, seed.OTHER_STORE_ID
PRODUCTS = f"/stores/{STORE}/products"


def test_missing_unknown_and_revoked_tokens_are_401(evotor):
    assert evotor("GET /stores", token="").status == 401
    assert evotor("GET /stores", token="nobody").status == 401
    evotor.world.accounts[evotor.token].revoked = True
    assert evotor("GET /stores").status == 401


def test_a_missing_right_is_403(evotor):
    evotor.token = seed.EVOTOR_TOKEN_NO_PRODUCTS
    assert evotor("GET /stores").status == 200
    assert evotor(f"GET {PRODUCTS}").status == 403


def test_a_store_without_the_app_is_402_and_the_others_answer(evotor):
    evotor.world.set_installed(STORE, False)
    assert evotor(f"GET {PRODUCTS}").status == 402
    assert evotor(f"GET /stores/{STORE}/product-groups").status == 402
    assert evotor(f"GET /stores/{OTHER}/products").status == 200
    assert len(evotor.all("/stores")) == 2
    evotor.world.set_installed(STORE, True)
    assert evotor(f"GET {PRODUCTS}").status == 200


def test_foreign_and_unknown_things_are_404_and_wrong_verbs_405(evotor):
    assert evotor(f"GET /stores/{seed.SECOND_STORE_ID}/products").status == 404
    assert evotor("GET /stores/nothing").status == 404
    assert evotor(f"GET {PRODUCTS}/nothing").status == 404
    assert evotor("GET /nothing").status == 404
    assert evotor("DELETE /stores").status == 405


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/vnd.evotor.v2+json", 200),
        ("application/vnd.evotor.v2+json;charset=UTF-8", 200),
        ("text/html, */*;q=0.1", 200),
        ("", 200),
        ("application/json", 406),
        ("text/html", 406),
    ],
)
def test_accept_must_fit(evotor, accept, status):
    assert evotor("GET /stores", accept=accept).status == status


def test_every_page_together_is_the_whole_list_once(evotor):
    whole = evotor.all(PRODUCTS)
    evotor.world.switch("page_size", 7)
    first = evotor(f"GET {PRODUCTS}").body
    assert len(first["items"]) == 7
    paged = evotor.all(PRODUCTS)
    assert [one["id"] for one in paged] == [one["id"] for one in whole]
    assert len({one["id"] for one in paged}) == len(evotor.world.products(STORE))


def test_the_last_page_has_empty_paging_even_when_full(evotor):
    evotor.world.switch("page_size", 12)
    evotor.token = seed.SECOND_EVOTOR_TOKEN
    answer = evotor(f"GET /stores/{seed.SECOND_STORE_ID}/products").body
    assert (len(answer["items"]), answer["paging"]) == (12, {})


def test_limit_makes_pages_smaller_never_larger(evotor):
    assert len(evotor(f"GET {PRODUCTS}", limit="5").body["items"]) == 5
    evotor.world.switch("page_size", 3)
    assert len(evotor(f"GET {PRODUCTS}", limit="5").body["items"]) == 3
    assert evotor(f"GET {PRODUCTS}", limit="0").status == 400


def test_a_cursor_belongs_to_its_series(evotor):
    evotor.world.switch("page_size", 7)
    cursor = evotor(f"GET {PRODUCTS}").body["paging"]["next_cursor"]
    again = [evotor(f"GET {PRODUCTS}", cursor=cursor).body["items"] for _ in range(2)]
    assert again[0] == again[1]
    for path in (f"/stores/{OTHER}/products", f"/stores/{STORE}/product-groups"):
        assert evotor(f"GET {path}", cursor=cursor).status == 400
    assert evotor(f"GET {PRODUCTS}", cursor=cursor[:-4]).status == 400
    assert evotor(f"GET {PRODUCTS}", cursor="?").status == 400
    forged = cursor_of(["products", STORE, seed.SECOND_EVOTOR_USER_ID, None, ""])
    assert evotor(f"GET {PRODUCTS}", cursor=forged).status == 400


def test_a_product_added_between_pages_does_not_repeat_or_drop_others(evotor):
    evotor.world.switch("page_size", 50)
    before = {one["id"] for one in evotor.world.products(STORE)}
    first = evotor(f"GET {PRODUCTS}").body
    for number in range(20):
        evotor.world.put_product(STORE, {"name": f"Новый {number}"})
    rest, cursor = [], first["paging"]["next_cursor"]
    while cursor:
        page = evotor(f"GET {PRODUCTS}", cursor=cursor).body
        rest += page["items"]
        cursor = page["paging"].get("next_cursor")
    seen = [one["id"] for one in first["items"] + rest]
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


def test_since_gives_what_changed_and_can_be_switched_off(evotor, clock):
    product = evotor.all(PRODUCTS)[0]
    clock.pass_(60)
    evotor.world.put_product(STORE, {"id": product["id"], "price": 1})
    since = str(int(clock.now.timestamp() * 1000))
    assert [one["id"] for one in evotor.all(PRODUCTS, since=since)] == [product["id"]]
    evotor.world.switch("since_filter", False)
    assert len(evotor.all(PRODUCTS, since=since)) == len(evotor.world.products(STORE))
    assert evotor(f"GET {PRODUCTS}", since="yesterday").status == 400


def test_since_holds_for_the_whole_series(evotor, clock):
    clock.pass_(60)
    since = str(int(clock.now.timestamp() * 1000))
    changed = {one["id"] for one in evotor.world.products(STORE)[:30]}
    for one in changed:
        evotor.world.put_product(STORE, {"id": one, "price": 2})
    evotor.world.switch("page_size", 7)
    assert {one["id"] for one in evotor.all(PRODUCTS, since=since)} == changed


def test_a_removed_product_is_simply_absent(evotor, clock):
    product = evotor.all(PRODUCTS)[0]
    evotor.world.remove_product(STORE, product["id"])
    assert product["id"] not in {one["id"] for one in evotor.all(PRODUCTS)}
    assert product["id"] not in {one["id"] for one in evotor.all(PRODUCTS, since="0")}
    assert evotor(f"GET {PRODUCTS}/{product['id']}").status == 404


def test_quantity_is_absent_without_its_right(evotor):
    some = next(one for one in evotor.world.products(STORE) if "quantity" in one)
    assert "quantity" in evotor(f"GET {PRODUCTS}/{some['id']}").body
    evotor.token = seed.EVOTOR_TOKEN_NO_QUANTITY
    assert "quantity" not in evotor(f"GET {PRODUCTS}/{some['id']}").body
    assert not any("quantity" in one for one in evotor.all(PRODUCTS))


def test_odd_numbers_are_served_and_no_nulls(evotor):
    evotor.world.put_product(STORE, {"name": "Чай", "quantity": -175, "cost_price": 100.123, "description": None})
    found = next(one for one in evotor.all(PRODUCTS) if one["name"] == "Чай")
    assert (found["quantity"], found["cost_price"]) == (-175, 100.123)
    assert "description" not in found
    assert not any(value is None for one in evotor.all(PRODUCTS) for value in one.values())


def test_amounts_given_as_text_are_served_as_numbers(evotor):
    product = evotor.world.put_product(STORE, {"name": "Чай", "price": "19.90", "quantity": "5.000"})
    row = evotor(f"GET {PRODUCTS}/{product}").body
    assert (row["price"], row["quantity"]) == (19.9, 5)
    assert not isinstance(row["price"], str)


def test_dates_end_in_0000(evotor):
    for one in evotor.all(PRODUCTS):
        assert one["updated_at"].endswith("+0000")
        assert millis(one["updated_at"])


def test_every_200_tells_the_rate_and_too_many_are_429(evotor, clock):
    evotor.world.switch("rate_requests", 3)
    answers = [evotor("GET /stores") for _ in range(4)]
    assert [one.status for one in answers] == [200, 200, 200, 429]
    assert [one.headers["X-RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]
    assert all(int(one.headers["X-RateLimit-Reset"]) > 0 for one in answers)
    clock.pass_(int(answers[-1].headers["Retry-After"]))
    assert evotor("GET /stores").status == 200


def test_groups_devices_and_employees(evotor):
    groups = evotor.all(f"/stores/{STORE}/product-groups")
    one = groups[0]
    assert evotor(f"GET /stores/{STORE}/product-groups/{one['id']}").body == one
    devices = evotor.all("/devices")
    assert {device["store_id"] for device in devices} == {STORE, OTHER}
    assert [device["store_id"] for device in evotor.all("/devices", store_id=OTHER)] == [OTHER]
    assert evotor(f"GET /devices/{devices[0]['id']}").body == devices[0]
    person = evotor.all("/employees")[0]
    assert evotor(f"GET /employees/{person['id']}").body == person
    assert {role["id"] for role in evotor.all("/employees/roles")} == {"ADMIN", "CASHIER", "MANUAL"}
    assert evotor("GET /employees/nobody").status == 404


def test_recreated_products_keep_all_but_their_id(evotor, clock):
    clock.pass_(timedelta(days=1).total_seconds())
    before = {one["id"]: one for one in evotor.all(PRODUCTS)}
    ways = evotor.world.recreate_all(STORE)
    after = {one["id"]: one for one in evotor.all(PRODUCTS)}
    assert ways.keys() == before.keys()
    assert not before.keys() & after.keys()
    for old, new in ways.items():
        changed = {name for name in before[old] if before[old][name] != after[new][name]}
        assert changed == {"id", "created_at", "updated_at"}
