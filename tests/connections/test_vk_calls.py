import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connections.clients import vk
from connections.clients.vk_calls import Call, NotRun, Ok, Refused, Unknown, as_form, is_read, results, script
from connections.clients.vk_errors import INNER_NOT_RUN, LOST
from sandbox import vk_execute

METHODS = ["market.add", "market.edit", "market.get", "groups.getById", "market.addToAlbum"]

texts = st.text() | st.sampled_from(
    [
        "«Чай» 100 г",
        "кавычки \"двойные\" и 'простые'",
        "строка\nвторая\r\n",
        "</script>",
        "a\u2028b\u2029c",
        "🍵👩‍👩‍👧",
        "\\",
        "\x00\x1f",
    ]
)
values = texts | st.integers() | st.booleans() | st.decimals(allow_nan=False, allow_infinity=False, places=2)
names = st.from_regex(r"[a-z_]{1,20}", fullmatch=True)
calls = st.builds(Call, st.sampled_from(METHODS), st.dictionaries(names, values, max_size=4))


@given(st.lists(calls, min_size=1, max_size=25))
@example([Call("market.add", {"name": "a\u2028b", "description": "\ud800"})])
def test_a_script_carries_the_same_parameters_as_forms_would(wanted):
    read, many = vk_execute.parse(script(wanted))
    assert many
    assert read == [(call.method, as_form(call.params)) for call in wanted]


def test_a_script_is_plain_utf8_without_line_ends_inside():
    code = script([Call("market.edit", {"name": "Чай «Ахмад» 🍵\u2028\n", "price": Decimal("0.29")})])
    assert code == r'return [API.market.edit({"name": "Чай «Ахмад» 🍵\u2028\n", "price": "0.29"})];'


@pytest.mark.parametrize("method", ["market", "market.add({}); API.market.delete", "market.add\n", "рынок.add"])
def test_only_a_method_name_stands_in_a_script(method):
    with pytest.raises(ValueError, match="not a method"):
        script([Call(method, {})])


@pytest.mark.parametrize("count", [0, 26])
def test_a_script_holds_1_to_25_calls(count):
    with pytest.raises(ValueError, match="1 to 25"):
        script([Call("market.get", {})] * count)


def test_parameters_are_written_as_vk_reads_them():
    params = {"ids": [1, 2], "on": True, "off": False, "none": None, "price": Decimal("1E+2"), "half": "a\ud800"}
    assert as_form(params) == {"ids": "1,2", "on": "1", "off": "0", "price": "100", "half": "a?"}


# Answers of an execute: for each call either a value (never false) or the error that made it false.
answers = st.lists(
    st.tuples(st.sampled_from(METHODS), st.sampled_from([0, 1, "", [], {}, None, True, {"market_item_id": 5}]))
    | st.tuples(st.sampled_from(METHODS), st.builds(lambda code: ("error", code), st.integers(1, 4000))),
    min_size=1,
    max_size=25,
)


def failed(value) -> bool:
    return isinstance(value, tuple)


def spoken(plan):
    """What VK would send for a plan of answers: the calls, its response and its errors."""
    asked = [Call(method, {}) for method, _value in plan]
    response = [False if failed(value) else value for _method, value in plan]
    reasons = [
        {"method": method, "error_code": value[1], "error_msg": f"за {value[1]}"}
        for method, value in plan
        if failed(value)
    ]
    return asked, response, reasons


def expected(value):
    if not failed(value):
        return Ok(value)
    code = value[1]
    kind = NotRun if code in INNER_NOT_RUN else Unknown if code in LOST else Refused
    return kind(code, f"за {code}")


@given(answers)
def test_each_failure_gets_its_own_error_and_each_answer_stays(plan):
    assert results(*spoken(plan)) == [expected(value) for _method, value in plan]


@given(answers, st.data())
def test_when_errors_do_not_match_the_failures_every_failure_is_unknown(plan, data):
    asked, response, reasons = spoken(plan)
    bad = data.draw(
        st.sampled_from(
            [
                None,
                "nonsense",
                [*reasons, {"method": "market.add", "error_code": 100}],
                reasons[1:] if reasons else {},
                [reason | {"method": "other.method"} for reason in reasons],
                [reason | {"error_code": "100"} for reason in reasons],
                [None for _reason in reasons],
            ]
        )
    )
    if bad == reasons:
        return
    found = results(asked, response, bad)
    for (_method, value), result in zip(plan, found, strict=True):
        if failed(value):
            assert type(result) is Unknown and result.code is None
        else:
            assert result == Ok(value)


@given(
    st.lists(calls, min_size=1, max_size=5), st.none() | st.booleans() | st.integers() | st.dictionaries(names, values)
)
def test_what_is_no_list_is_no_answer(asked, response):
    assert results(asked, response, []) is None
    assert results(asked, [1] * (len(asked) + 1), []) is None


def test_inner_codes_are_sorted_by_what_to_do_next():
    def of(code):
        return results([Call("market.add", {})], [False], [{"method": "market.add", "error_code": code}])[0]

    assert {code: type(of(code)) for code in (1, 6, 9, 10, 14, 29, 36, 100, 1403)} == {
        1: Unknown,
        6: NotRun,
        9: NotRun,
        10: Unknown,
        14: NotRun,
        29: NotRun,
        36: Unknown,
        100: Refused,
        1403: Refused,
    }
    assert of(205).of_account and of(1438).of_account and not of(100).of_account and not of(1403).of_account


def test_the_token_is_blotted_out_of_inner_errors():
    errors = [{"method": "market.add", "error_code": 100, "error_msg": "bad token SECRET"}]
    assert "SECRET" not in results([Call("market.add", {})], [False], errors, secret="SECRET")[0].message


def test_reads_are_told_from_writes():
    reading = [vk.get_items(-1, 0), vk.get_by_id(-1, [2]), vk.get_albums(-1, 0), vk.upload_server(1)]
    writing = [
        vk.add_item(-1, name="Чай"),
        vk.edit_item(-1, 2, price=Decimal("1.5")),
        vk.delete_item(-1, 2),
        vk.add_album(-1, "Чай"),
        vk.edit_album(-1, 3, "Чай"),
        vk.add_to_album(-1, [2], [3]),
        vk.remove_from_album(-1, 2, [3]),
        vk.save_photo("{}"),
        vk.save_photo_bulk("{}"),
    ]
    assert all(call.reads for call in reading)
    assert not any(call.reads for call in writing)
    assert not is_read("execute") and is_read("users.get")


def test_builders_name_things_as_vk_does():
    assert as_form(vk.get_by_id(-7, [2, 3]).params) == {"item_ids": "-7_2,-7_3", "extended": "1"}
    assert as_form(vk.edit_item(-7, 2, deleted=True, price=Decimal("19.90")).params) == {
        "owner_id": "-7",
        "item_id": "2",
        "deleted": "1",
        "price": "19.90",
    }
    assert as_form(vk.add_to_album(-7, [2, 4], [3]).params) == {"owner_id": "-7", "item_ids": "2,4", "album_ids": "3"}
    assert as_form(vk.get_items(-7, 200).params) == {
        "owner_id": "-7",
        "offset": "200",
        "count": "200",
        "extended": "1",
        "with_disabled": "1",
    }
    raw = json.dumps({"sha": 'a"b', "meta": {"height": 400}})
    assert vk_execute.parse(script([vk.save_photo(raw)]))[0][0][1]["upload_response"] == raw
