import json
import time
from decimal import Decimal

import pytest

from connections.clients import errors
from connections.clients.http import Reply
from connections.clients.vk import Call, Ok, Refused, Unknown, VkClient, outcome
from evosync.base import clock

from .scripted import HTML, closes, cuts, drips, hangs, resets, says, says_json
from .vk_answers import TOKEN, error

EDIT = Call("market.edit", {"owner_id": -1, "item_id": 2, "price": Decimal("0.29")})
GET = Call("market.get", {"owner_id": -1})


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (200, '{"response":1}', "200"),
        (200, '{"error":{"error_code":5,"error_msg":"User authorization failed"}}', "error 5"),
        (200, '{ "error": {"error_code": 1403, "error_msg": ""}}', "error 1403"),
        (200, '{"response":{"error":{"error_code":7}}}', "200"),
        (502, "<html>", "502"),
    ],
)
def test_an_answer_counts_in_the_metrics_as_what_vk_says_of_it(status, body, word):
    assert outcome(Reply(status, {}, body.encode())) == word


def test_a_call_is_a_form_with_token_and_version_in_its_body(server, client, pace):
    server.answer(says_json({"response": 0}))
    assert client.call("market.get", owner_id=-7, name="Чай 🍵", extended=True, none=None) == 0
    [asked] = server.asked
    assert (asked.verb, asked.path) == ("POST", "/vk/method/market.get")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.form == {
        "owner_id": "-7",
        "name": "Чай 🍵",
        "extended": "1",
        "access_token": TOKEN,
        "v": "5.199",
    }
    assert (client.requests, pace.waits) == (1, 1)


@pytest.mark.parametrize(
    ("code", "kind", "fault"),
    [
        (5, errors.AuthenticationError, "token"),
        (1117, errors.AuthenticationError, "token"),
        (27, errors.CommunityToken, "community_token"),
        (14, errors.HumanCheck, "human_check"),
        (3302, errors.HumanCheck, "human_check"),
        (15, errors.AccessDenied, "forbidden"),
        (205, errors.AccessDenied, "forbidden"),
        (40, errors.NoCommunity, "no_community"),
        (1403, errors.NotFound, "refused"),
        (1438, errors.MarketOff, "market_off"),
        (100, errors.PermanentError, "refused"),
        (12, errors.PermanentError, "refused"),
        (9, errors.Throttled, "unavailable"),
        (29, errors.Throttled, "unavailable"),
        (1, errors.OutcomeUnknown, "unavailable"),
        (10, errors.OutcomeUnknown, "unavailable"),
    ],
)
def test_a_refusal_is_named_by_what_to_do_next(server, client, code, kind, fault):
    server.answer(error(code))
    with pytest.raises(errors.ApiError) as refused:
        client.call("market.add", owner_id=-7)
    assert (type(refused.value), refused.value.code, refused.value.fault) == (kind, code, fault)
    assert refused.value.message == "слова ВК"
    assert len(server.asked) == 1


def test_too_fast_holds_everybody_back_and_says_so(server, client, pace):
    server.answer(error(6, "Too many requests per second"))
    with pytest.raises(errors.Throttled) as refused:
        client.execute([EDIT])
    assert refused.value.retry_after == 1
    assert (pace.held, len(server.asked)) == ([1], 1)


@pytest.mark.parametrize(
    "script", [HTML, cuts, resets, closes, says("[]"), says("null"), says_json({"response": 1}, 502)]
)
def test_a_write_without_a_whole_answer_is_unknown_and_not_repeated(server, client, script):
    server.answer(script)
    for ask in (lambda: client.call("market.add", owner_id=-7), lambda: client.execute([GET, EDIT])):
        with pytest.raises(errors.OutcomeUnknown):
            ask()
    assert len(server.asked) == client.requests == 2


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (HTML, errors.BadAnswer),
        (says('{"response": [1, 2'), errors.BadAnswer),
        (says("[" * 100_000), errors.BadAnswer),
        (says("\udcff".encode("utf-8", "surrogateescape")), errors.BadAnswer),
        (says_json({"error": "bad gateway"}, 502), errors.TransientError),
        (cuts, errors.TransientError),
        (resets, errors.TransientError),
    ],
)
def test_a_read_without_a_whole_answer_is_asked_again_once(server, client, naps, script, kind):
    server.answer(script)
    for ask in (lambda: client.call("market.get", owner_id=-7), lambda: client.execute([GET])):
        with pytest.raises(errors.TransientError) as lost:
            ask()
        assert type(lost.value) is kind
    assert len(server.asked) == 4


def test_a_read_over_a_dead_pooled_connection_succeeds(server, client, naps):
    server.answer(says_json({"response": [1]}), resets, says_json({"response": [2]}))
    assert [client.execute([GET]), client.execute([GET])] == [[Ok(1)], [Ok(2)]]


def test_an_error_of_the_server_to_a_read_is_asked_again_once(server, client, naps):
    server.answer(error(10), says_json({"response": {"count": 0}}), error(10))
    assert client.call("market.get", owner_id=-7) == {"count": 0}
    with pytest.raises(errors.TransientError) as lost:
        client.execute([GET])
    assert (lost.value.code, lost.value.message, len(server.asked)) == (10, "слова ВК", 4)


def test_a_read_that_hung_is_not_asked_again(server, client):
    server.answer(hangs)
    with pytest.raises(errors.TransientError):
        client.call("market.get", owner_id=-7)
    assert len(server.asked) == 1


def test_a_dripping_execute_is_unknown_at_the_deadline(server, client):
    server.answer(drips(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"))
    with pytest.raises(errors.OutcomeUnknown, match="no answer within 1 s"):
        client.execute([EDIT])


def test_nothing_listening_is_not_run():
    with pytest.raises(errors.NotSent):
        VkClient(TOKEN, base_url="http://127.0.0.1:9").execute([EDIT])


def test_an_execute_tells_what_came_of_each_call(server, client):
    server.answer(
        says_json(
            {
                "response": [1, False, 0, False],
                "execute_errors": [
                    {"method": "market.edit", "error_code": 100, "error_msg": "nothing to change"},
                    {"method": "market.edit", "error_code": 10, "error_msg": "Internal"},
                ],
            }
        )
    )
    assert client.execute([EDIT, EDIT, EDIT, EDIT]) == [
        Ok(1),
        Refused(100, "nothing to change"),
        Ok(0),
        Unknown(10, "Internal"),
    ]
    [asked] = server.asked
    assert asked.path == "/vk/method/execute"
    assert asked.form["code"].startswith('return [API.market.edit({"owner_id": "-1", "item_id": "2", "price": "0.29"})')


def test_an_empty_execute_asks_nothing(server, client):
    assert client.execute([]) == []
    assert client.requests == 0


def test_an_execute_with_a_wrong_number_of_answers_is_lost(server, client):
    server.answer(says_json({"response": [1]}))
    with pytest.raises(errors.OutcomeUnknown):
        client.execute([EDIT, EDIT])


@pytest.mark.parametrize("code", [5, 6, 8, 9, 12, 14, 15, 17, 24, 25, 27, 28, 29, 1117])
def test_of_an_execute_refused_at_the_door_nothing_ran(server, client, code):
    server.answer(error(code))
    with pytest.raises((errors.TransientError, errors.PermanentError)):
        client.execute([EDIT])


@pytest.mark.parametrize("code", [1, 10, 13, 36, 100, 999])
def test_any_other_end_of_an_execute_is_unknown(server, client, code):
    server.answer(error(code))
    with pytest.raises(errors.OutcomeUnknown):
        client.execute([EDIT])


def test_a_throttle_over_http_status_is_not_run(server, client):
    server.answer(says("<html>", 429, Retry_After="12"))
    with pytest.raises(errors.Throttled) as refused:
        client.execute([EDIT])
    assert refused.value.retry_after == 12


def test_no_text_of_an_error_or_a_client_holds_the_token(server, client):
    echo = [{"key": "access_token", "value": TOKEN}]
    server.answer(error(5, f"invalid {TOKEN}, access_token={TOKEN}", request_params=echo))
    with pytest.raises(errors.AuthenticationError) as refused:
        client.call("users.get")
    seen = [str(refused.value), repr(refused.value), repr(client), json.dumps(refused.value.args)]
    assert not any("SECRET" in text for text in seen)


def test_a_token_that_is_none_is_not_sent(server):
    with pytest.raises(errors.AuthenticationError):
        VkClient("мой токен", base_url=server.url).users_get()
    assert server.asked == []


def test_a_call_that_waited_too_long_for_its_turn_is_not_begun(server, client, pace, monkeypatch):
    began = clock.monotonic()
    monkeypatch.setattr(pace, "wait", lambda: monkeypatch.setattr(clock, "monotonic", lambda: began + 9))
    with pytest.raises(errors.Throttled):
        client.execute([EDIT], until=began + 9.1)
    assert server.asked == []


def test_a_call_has_ended_by_the_moment_given(server, client):
    server.answer(hangs)
    began = time.monotonic()
    with pytest.raises(errors.OutcomeUnknown):
        client.execute([EDIT], until=clock.monotonic() + 0.4)
    assert time.monotonic() - began < client._http.deadline
