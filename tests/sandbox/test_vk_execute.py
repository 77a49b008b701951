"""`execute`: the little language, and what becomes of its calls."""

import json

import pytest

from sandbox import seed, vk_execute
from sandbox.vk_execute import CompileError
from tests.sandbox.conftest import GROUP, OWNER, picture


def code_of(*calls: tuple[str, dict]) -> str:
    return "return [" + ", ".join(f"API.{name}({json.dumps(params)})" for name, params in calls) + "];"


def test_parses_calls_with_strings_numbers_and_nesting():
    code = """
      return [ API.market.edit({"owner_id": -1, "price": 19.90, 'name': "Чай \\"50\\"\\n\\u041a\\/\\\\", 
        list: [1, "2", [true]], "deep": {"a": {"b": null}}}),
        API.users.get(), API.users.get({}) ];
    """
    calls, many = vk_execute.parse(code)
    assert many
    assert [name for name, _ in calls] == ["market.edit", "users.get", "users.get"]
    assert calls[0][1] == {
        "owner_id": "-1",
        "price": "19.90",
        "name": 'Чай "50"\nК/\\',
        "list": ["1", "2", [True]],
        "deep": {"a": {"b": None}},
    }


def test_whatever_json_writes_comes_back():
    text = "Ёж 🦔 \u2028 </script> \t \x7f"
    for ascii_only in (True, False):
        code = f"return API.users.get({json.dumps({'x': text}, ensure_ascii=ascii_only)});"
        assert vk_execute.parse(code) == ([("users.get", {"x": text})], False)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "return [];return [];",
        "return 1;",
        "API.users.get();",
        "return API.users.get()",
        "return [API.users.get(),];",
        "return [API.users.get() API.users.get()];",
        "return API.users.get({);",
        'return API.users.get({"a": });',
        'return API.users.get({"a": "b});',
        'return API.users.get({"a": "\\q"});',
        'return API.users.get({"a": "\\u12"});',
        "return API.users.get({a: b});",
        "return API.users({});",
        "var a = 1; return a;",
        "return API.users.get({}) + 1;",
        "return API.users.get({a: " + "[" * 50 + "]" * 50 + "});",
    ],
)
def test_anything_else_does_not_compile(vk, code):
    with pytest.raises(CompileError):
        vk_execute.parse(code)
    assert vk.code("execute", code=code) == 12


def test_answers_stand_in_order_and_failures_are_false(vk):
    item_id = vk.add()
    answer = vk.raw(
        "execute",
        code=code_of(
            ("market.edit", {"owner_id": OWNER, "item_id": item_id, "price": 300}),
            ("market.edit", {"owner_id": OWNER, "item_id": 1, "price": 300}),
            ("market.edit", {"owner_id": OWNER, "item_id": item_id, "price": 300}),
            ("market.nothing", {}),
            ("market.getById", {"item_ids": f"{OWNER}_{item_id}"}),
        ),
    )
    assert answer["response"][:4] == [1, False, False, False]
    assert answer["response"][4]["items"][0]["price"]["amount"] == "30000"
    assert [(one["method"], one["error_code"]) for one in answer["execute_errors"]] == [
        ("market.edit", 1403),
        ("market.edit", 100),
        ("market.nothing", 3),
    ]
    assert answer["execute_errors"][1]["error_msg"].endswith("nothing to change")


def test_one_call_without_a_list_answers_itself(vk):
    assert vk("execute", code="return API.users.get({});")[0]["id"] == seed.VK_USER_ID
    assert vk.raw("execute", code="return API.market.get({});")["response"] is False


def test_no_errors_no_field(vk):
    assert "execute_errors" not in vk.raw("execute", code="return [API.users.get({})];")


def test_more_than_25_calls_are_error_13_and_nothing_runs(vk):
    call = ("market.addAlbum", {"owner_id": OWNER, "title": "Чай"})
    assert vk.code("execute", code=code_of(*[call] * 26)) == 13
    assert vk.world.albums(GROUP) == []
    assert len(vk("execute", code=code_of(*[call] * 25))) == 25


def test_values_mean_what_they_mean_in_a_form(vk):
    fields = vk.fields(deleted=True, stock_amount=5)
    (answer,) = vk("execute", code=code_of(("market.add", fields)))
    item = vk.item(answer["market_item_id"])
    assert (item["availability"], item["stock_amount"]) == (2, 5)
    album = vk("market.addAlbum", owner_id=OWNER, title="Чай")["market_album_id"]
    params = {"owner_id": OWNER, "item_ids": [item["id"]], "album_ids": [album]}
    assert vk("execute", code=code_of(("market.addToAlbum", params))) == [1]


def test_an_upload_answer_is_saved_inside_an_execute(vk):
    server = vk("execute", code=f"return API.market.getProductPhotoUploadServer({{group_id: {GROUP}}});")
    raw = json.dumps(vk.upload(server["upload_url"], picture()))
    saved = vk("execute", code=code_of(("market.saveProductPhoto", {"upload_response": raw})))
    assert saved[0]["photo_id"]


def test_rights_are_asked_call_by_call(vk):
    vk.token = seed.VK_TOKEN_COMMUNITY
    answer = vk.raw("execute", code=code_of(("market.get", {"owner_id": OWNER}), ("groups.getById", {})))
    assert answer["response"][0] is False
    assert answer["execute_errors"][0]["error_code"] == 27
    assert answer["response"][1]["groups"]


def test_inner_calls_are_in_the_journal_under_their_execute(vk, desk):
    vk("execute", code="return [API.users.get({}), API.market.get({})];")
    outer, *inner = desk.journal.entries()
    assert (outer["method"], outer["params"]) == ("execute", {"calls": 2})
    assert [(one["method"], one["outer"], one["outcome"]) for one in inner] == [
        ("users.get", outer["n"], "ok"),
        ("market.get", outer["n"], "error 100"),
    ]
    assert desk.journal.requests("vk") == 1
