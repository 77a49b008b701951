"""A shop from plain Evotor JSON."""

import json

import pytest

from sandbox import seed
from sandbox.loading import LoadError
from sandbox.server import Sandbox

STORE = "20170228-F4F1-401B-80FA-9ECCA8451FFB"
GROUP = "1ddea16b-971b-11e9-8e27-1b84d4cd0001"
FILES = {
    "stores.json": {"items": [{"id": STORE, "name": "Магазин", "created_at": "2018-09-11T16:18:35.397+0000"}]},
    "product-groups.json": [{"id": GROUP, "name": "Чай", "store_id": STORE}],
    "products.json": [
        {"id": "1ddea16b-971b-11e9-8e27-1b84d4cd0002", "name": "Чай", "type": "NORMAL", "store_id": STORE,
         "parent_id": GROUP, "price": 10.1, "quantity": -3, "cost_price": 1.123,
         "updated_at": "2018-09-11T16:18:35.397+0000"},
        {"id": "c0ffee00-1111-5222-8333-444455556666", "name": "Кофе", "type": "NORMAL"},
    ],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    for name, data in FILES.items():
        (tmp_path / name).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return tmp_path


def test_the_files_take_the_place_of_the_first_merchants_shop(folder):
    sandbox = Sandbox(load=folder)
    assert [one["name"] for one in sandbox.evotor.stores_of(seed.EVOTOR_TOKEN)] == ["Магазин"]
    assert sandbox.evotor.products(STORE) == FILES["products.json"]
    assert len(sandbox.evotor.products(seed.SECOND_EVOTOR_TOKEN)) == 12
    now, token = sandbox.evotor.now(), {"token": seed.EVOTOR_TOKEN}
    served = sandbox.evotor.handle(f"GET /stores/{STORE}/products", token | {"since": "1"}, now)
    assert [one["name"] for one in served.body["items"]] == ["Чай", "Кофе"]
    since = str(int(now.timestamp() * 1000))
    served = sandbox.evotor.handle(f"GET /stores/{STORE}/products", token | {"since": since}, now)
    assert [one["name"] for one in served.body["items"]] == ["Кофе"]
    assert sandbox.evotor.handle(f"GET /stores/{STORE}/product-groups/{GROUP}", token, now).status == 200
    sandbox.stop()


def test_loading_starts_afresh_and_is_then_kept(folder, tmp_path):
    state = tmp_path / "state"
    with Sandbox(state) as first:
        first.vk.add_foreign_item(seed.VK_GROUP_ID)
    with Sandbox(state, load=folder) as second:
        assert second.vk.items(seed.VK_GROUP_ID) == []
    with Sandbox(state) as third:
        assert third.resumed
        assert len(third.evotor.products(STORE)) == 2


def test_a_bad_folder_costs_nothing_that_is_kept(folder, tmp_path):
    state = tmp_path / "state"
    with Sandbox(state) as first:
        pictures = set(first.evotor.pictures)
    (folder / "products.json").write_text("{")
    with pytest.raises(LoadError):
        Sandbox(state, load=folder)
    with Sandbox(state) as second:
        assert second.resumed
        assert set(second.evotor.pictures) == pictures != set()


def test_groups_may_be_missing(folder):
    (folder / "product-groups.json").unlink()
    sandbox = Sandbox(load=folder)
    assert sandbox.evotor.groups(STORE) == []
    sandbox.stop()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("stores.json", None, "no such file"),
        ("products.json", None, "no such file"),
        ("stores.json", "[]", "no stores"),
        ("products.json", "{", "not JSON"),
        ("products.json", '["x"]', "array of objects"),
        ("products.json", '{"id": 1}', "array of objects"),
        ("products.json", '[{"id": "1", "store_id": "other"}]', "object 1"),
    ],
)
def test_files_that_make_no_shop_are_told_by_name(folder, name, text, said):
    (folder / name).unlink()
    if text is not None:
        (folder / name).write_text(text)
    with pytest.raises(LoadError, match=said) as error:
        Sandbox(load=folder)
    assert name in str(error.value)
