"""Writing Evotor: one, many, images."""

import io
from decimal import Decimal

import pytest
from PIL import Image

from sandbox import seed
from sandbox.calls import Upload

STORE = seed.STORE_ID
PRODUCTS = f"/stores/{STORE}/products"
GROUPS = f"/stores/{STORE}/product-groups"
BULK = "application/vnd.evotor.v2+bulk+json"
ID = "0a1b2c3d-0000-1000-8000-0000000000aa"
TEA = {"name": "Чай", "type": "NORMAL", "price": Decimal("10.50"), "quantity": Decimal("1.125")}


def subjects(answer) -> list[str]:
    assert answer.status == 400, answer
    assert answer.body["code"] == "validation_failed"
    return [one["subject"] for one in answer.body["violations"]]


def test_post_makes_an_id_and_put_takes_one(evotor):
    made = evotor(f"POST {PRODUCTS}", body=TEA).body
    assert evotor(f"GET {PRODUCTS}/{made['id']}").body == made
    assert (made["price"], made["quantity"], made["store_id"]) == (10.5, 1.125, STORE)
    put = evotor(f"PUT {PRODUCTS}/{ID}", body=TEA)
    assert (put.status, put.body["id"]) == (200, ID)


def test_put_replaces_all(evotor, clock):
    evotor(f"PUT {PRODUCTS}/{ID}", body=TEA | {"description": "Крупнолистовой", "barcodes": ["46"]})
    created = evotor.world.product(STORE, ID)["created_at"]
    clock.pass_(60)
    after = evotor(f"PUT {PRODUCTS}/{ID}", body={"name": "Чай", "type": "NORMAL"}).body
    assert not after.keys() & {"description", "barcodes", "price", "quantity"}
    assert after["created_at"] == created != after["updated_at"]


def test_read_only_fields_of_a_body_are_ignored(evotor):
    after = evotor(f"PUT {PRODUCTS}/{ID}", body=TEA | {"store_id": "x", "user_id": "y", "created_at": "z"}).body
    assert (after["store_id"], after["user_id"]) == (STORE, seed.EVOTOR_USER_ID)


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"name": "  "}, "name"),
        ({"name": "я" * 161}, "name"),
        ({"price": Decimal("-0.01")}, "price"),
        ({"price": Decimal("0.001")}, "price"),
        ({"price": Decimal("10000000")}, "price"),
        ({"price": "10"}, "price"),
        ({"cost_price": Decimal("1.005")}, "cost_price"),
        ({"quantity": Decimal("0.0001")}, "quantity"),
        ({"description": None}, "description"),
        ({"parent_id": "root"}, "parent_id"),
        ({"barcodes": "46"}, "barcodes"),
        ({"allow_to_sell": "yes"}, "allow_to_sell"),
    ],
)
def test_broken_fields_are_400_by_name(evotor, changes, subject):
    assert subject in subjects(evotor(f"PUT {PRODUCTS}/{ID}", body=TEA | changes))
    assert evotor(f"GET {PRODUCTS}/{ID}").status == 404


def test_the_limits_themselves_are_legal(evotor):
    body = TEA | {"name": "я" * 160, "price": Decimal("9999999.99"), "quantity": Decimal("-5.125")}
    assert evotor(f"PUT {PRODUCTS}/{ID}", body=body).body["price"] == 9999999.99


def test_name_and_type_are_required(evotor):
    assert subjects(evotor(f"POST {PRODUCTS}", body={"price": 1})) == ["name", "type"]
    assert subjects(evotor(f"POST {GROUPS}", body={"parent_id": ID})) == ["name"]
    assert evotor(f"PUT {PRODUCTS}/чай", body=TEA).status == 400
    assert evotor(f"POST {PRODUCTS}").status == 400


def test_patch_changes_amounts_alone(evotor):
    evotor(f"PUT {PRODUCTS}/{ID}", body=TEA)
    after = evotor(f"PATCH {PRODUCTS}/{ID}", body={"price": 12, "quantity": Decimal("0.5")}).body
    assert (after["price"], after["quantity"], after["name"]) == (12, 0.5, "Чай")
    assert subjects(evotor(f"PATCH {PRODUCTS}/{ID}", body={"name": "Кофе"})) == ["name"]
    assert evotor(f"PATCH {PRODUCTS}/{ID}", body={}).status == 400
    assert evotor(f"PATCH {PRODUCTS}/{seed.MISSING_GROUP_ID}", body={"price": 1}).status == 404


def test_patching_stock_needs_its_right(evotor):
    evotor(f"PUT {PRODUCTS}/{ID}", body=TEA)
    evotor.token = seed.EVOTOR_TOKEN_NO_QUANTITY
    assert evotor(f"PATCH {PRODUCTS}/{ID}", body={"quantity": 1}).status == 403
    assert evotor(f"PATCH {PRODUCTS}/{ID}", body={"price": 1}).status == 200
    assert evotor.world.product(STORE, ID)["quantity"] == 1.125


def test_delete_one_and_up_to_a_hundred(evotor):
    ids = [one["id"] for one in evotor.all(PRODUCTS)]
    assert evotor(f"DELETE {PRODUCTS}/{ids[0]}").status == 204
    assert evotor(f"DELETE {PRODUCTS}/{ids[0]}").status == 404
    assert evotor(f"DELETE {PRODUCTS}", id=",".join(ids[:101])).status == 400
    assert evotor(f"DELETE {PRODUCTS}").status == 400
    assert evotor(f"DELETE {PRODUCTS}", id=",".join(ids[:100])).status == 204
    assert len(evotor.all(PRODUCTS)) == len(ids) - 100


def test_groups_are_written_too(evotor):
    group = evotor(f"POST {GROUPS}", body={"name": "Чай"}).body
    path = f"{GROUPS}/{group['id']}"
    assert evotor(f"PATCH {path}", body={"name": "Кофе"}).body["name"] == "Кофе"
    assert subjects(evotor(f"PATCH {path}", body={"parent_id": ID})) == ["parent_id"]
    assert evotor(f"PUT {path}", body={"name": "Какао", "parent_id": ID}).body["parent_id"] == ID
    assert evotor(f"DELETE {path}").status == 204
    assert evotor(f"GET {path}").status == 404


def test_an_array_needs_the_bulk_media_type(evotor):
    assert evotor(f"POST {PRODUCTS}", body=[TEA]).status == 400
    assert evotor(f"POST {PRODUCTS}", body=TEA, content_type=BULK).status == 400
    assert evotor(f"PUT {PRODUCTS}", body=TEA).status == 400
    assert evotor(f"PUT {PRODUCTS}", body=[TEA] * 1001, content_type=BULK).status == 400
    assert evotor(f"PUT {PRODUCTS}", body=[], content_type=BULK).status == 400


def test_a_bulk_runs_after_its_answer(evotor, clock):
    evotor.world.switch("bulk_seconds", 10)
    answer = evotor(f"PUT {PRODUCTS}", body=[TEA | {"id": ID}], content_type=BULK)
    assert (answer.status, answer.body["status"], answer.body["type"]) == (202, "ACCEPTED", "product")
    path = f"/bulks/{answer.body['id']}"
    states = []
    for _ in range(3):
        state = evotor(f"GET {path}").body
        states.append((state["status"], "details" in state, evotor(f"GET {PRODUCTS}/{ID}").status))
        clock.pass_(5)
    assert states == [("ACCEPTED", False, 404), ("RUNNING", False, 404), ("COMPLETED", True, 200)]


def test_bad_objects_of_a_bulk_fail_alone(evotor):
    bad = {"id": "0a1b2c3d-0000-4000-8000-0000000000bb", "name": "", "type": "NORMAL"}
    answer = evotor(f"PUT {PRODUCTS}", body=[TEA | {"id": ID}, bad], content_type=BULK)
    state = evotor(f"GET /bulks/{answer.body['id']}").body
    assert state["status"] == "COMPLETED"
    (detail,) = state["details"]
    assert (detail["product_id"], detail["violations"][0]["subject"]) == (bad["id"], "name")
    assert evotor(f"GET {PRODUCTS}/{ID}").status == 200


def test_a_bulk_of_bad_objects_fails_and_one_without_ids_is_declined(evotor):
    failed = evotor(f"POST {PRODUCTS}", body=[{"name": ""}], content_type=BULK)
    assert evotor(f"GET /bulks/{failed.body['id']}").body["status"] == "FAILED"
    declined = evotor(f"PUT {PRODUCTS}", body=[TEA], content_type=BULK)
    assert declined.body["status"] == "DECLINED"
    assert evotor(f"GET /bulks/{declined.body['id']}").body["status"] == "DECLINED"


def test_a_bulk_belongs_to_its_user(evotor):
    answer = evotor(f"POST {PRODUCTS}", body=[TEA], content_type=BULK)
    assert evotor(f"GET /bulks/{answer.body['id']}", token=seed.SECOND_EVOTOR_TOKEN).status == 404


def png(width: int = 300, height: int = 300, kind: str = "PNG") -> list[Upload]:
    out = io.BytesIO()
    Image.new("RGB", (width, height)).save(out, kind)
    return [Upload("file", "a.png", out.getvalue())]


def test_a_product_has_at_most_one_image_of_300_by_300(evotor):
    evotor(f"PUT {PRODUCTS}/{ID}", body=TEA)
    path = f"{PRODUCTS}/{ID}/images"
    assert evotor(f"GET {path}").body["items"] == []
    for files in (png(301), png(kind="JPEG"), [Upload("file", "a.png", b"?")], []):
        assert evotor(f"POST {path}", files=files).status == 400
    image = evotor(f"POST {path}", files=png()).body
    assert evotor(f"GET {path}").body["items"] == [image]
    assert image["url"].endswith(f"/images/{image['id']}.png")
    assert evotor(f"POST {path}", files=png()).status == 400
    assert evotor(f"GET {path}/{image['id']}").body == image
    assert evotor(f"DELETE {path}/{image['id']}").status == 204
    assert evotor(f"GET {path}/{image['id']}").status == 404
