import gzip
import pickle
import socket
import threading
import time

import pytest
from prometheus_client import REGISTRY

from connections.clients import errors
from connections.clients.deadline import DeadlinePassed, Flight
from connections.clients.http import Http, require_sendable, retry_after

from .scripted import closes, cuts, drips, hangs, resets, says

DRIPPING = [
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", id="body-with-length"),
    pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", id="body-without-length"),
    pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", id="head"),
]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_an_answer_of_any_status_is_returned_whole(server):
    server.answer(says("нет", 404, X_Said="yes"))
    reply = Http(server.url + "/prefix/").request("GET", "/thing", params={"a": "б"})
    assert (reply.status, reply.body.decode(), reply.headers["x-said"]) == (404, "нет", "yes")
    assert server.asked[0].path == "/prefix/thing?a=%D0%B1"
    assert server.asked[0].headers["user-agent"] == "EvoSync/2.0"


@pytest.mark.parametrize("head", DRIPPING)
def test_a_dripping_server_is_cut_at_the_deadline(server, head):
    server.answer(drips(head))
    began = time.monotonic()
    with pytest.raises(errors.OutcomeUnknown, match=r"no answer within 0\.5 s"):
        Http(server.url, deadline=0.5).request("GET", "/slow")
    assert 0.4 < time.monotonic() - began < 2


def test_a_silent_server_is_cut_at_the_deadline(server):
    server.answer(hangs)
    with pytest.raises(errors.OutcomeUnknown):
        Http(server.url, deadline=0.4).request("POST", "/x", data={"a": "1"})


def test_a_connection_that_was_cut_is_not_used_again(server):
    server.answer(hangs, says("{}"))
    http = Http(server.url, deadline=0.4)
    with pytest.raises(errors.OutcomeUnknown):
        http.request("GET", "/x")
    assert http.request("GET", "/x").status == 200


def test_the_timer_of_a_finished_call_cuts_nothing(server):
    server.answer(says("{}"))
    http = Http(server.url, deadline=0.3)
    http.request("GET", "/x")
    time.sleep(0.5)
    assert http.request("GET", "/x").status == 200


@pytest.mark.parametrize("script", [cuts, resets, closes])
def test_a_lost_answer_is_an_unknown_outcome(server, script):
    server.answer(script)
    with pytest.raises(errors.OutcomeUnknown):
        Http(server.url).request("POST", "/x", data={"a": "1"})
    assert len(server.asked) == 1


def test_a_pooled_connection_that_dies_under_a_write_is_unknown_and_not_repeated(server):
    server.answer(says("{}"), resets)
    http = Http(server.url)
    http.request("POST", "/x")
    with pytest.raises(errors.OutcomeUnknown):
        http.request("POST", "/x")
    assert len(server.asked) == 2


def test_a_pooled_connection_found_closed_is_replaced(server):
    def last(line):
        says("{}")(line)

    server.answer(last)
    http = Http(server.url)
    assert http.request("POST", "/x").status == 200
    time.sleep(0.1)
    assert http.request("POST", "/x").status == 200


def test_a_refused_connection_is_not_run():
    with pytest.raises(errors.NotSent, match="Connection refused"):
        Http(f"http://127.0.0.1:{free_port()}").request("POST", "/x")


def test_an_unknown_host_is_not_run():
    with pytest.raises(errors.NotSent):
        Http("http://no-such-host.invalid").request("POST", "/x")


def test_a_failed_handshake_is_not_run(server):
    server.answer(says("no TLS here"))
    with pytest.raises(errors.NotSent):
        Http(server.url.replace("http://", "https://"), deadline=1).request("POST", "/x")


def test_a_handshake_that_hangs_ends_at_the_deadline_and_is_not_run():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()
        with pytest.raises(errors.NotSent):
            Http(f"https://127.0.0.1:{mute.getsockname()[1]}", deadline=0.5, connect_timeout=5).request("POST", "/x")
        assert time.monotonic() - began < 2


def test_nothing_is_sent_once_the_deadline_has_passed_while_connecting(server, monkeypatch):
    server.answer(says("{}"))
    ask = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(0.6) or ask(*args, **kwargs))
    with pytest.raises(errors.NotSent):
        Http(server.url, deadline=0.3).request("POST", "/x")
    time.sleep(0.1)
    assert server.asked == []


def test_too_long_an_answer_is_not_read_to_its_end(server):
    server.answer(says(gzip.compress(b"a" * 5_000_000), Content_Encoding="gzip"))
    with pytest.raises(errors.OutcomeUnknown, match="more than 1000000 bytes"):
        Http(server.url, max_bytes=1_000_000).request("GET", "/x")


def test_a_redirect_is_an_answer_and_is_not_followed(server):
    server.answer(says("", 302, Location="http://elsewhere.invalid/"))
    assert Http(server.url).request("GET", "/x").status == 302
    assert len(server.asked) == 1


def test_cookies_and_proxies_of_the_environment_are_left_alone(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    server.answer(says("{}", Set_Cookie="a=b"))
    http = Http(server.url)
    http.request("GET", "/x")
    http.request("GET", "/x")
    assert "cookie" not in server.asked[1].headers


def counted(**labels) -> dict[str, float]:
    """Outcomes of the calls with these labels so far."""
    samples = [sample for metric in REGISTRY.collect() for sample in metric.samples]
    ours = [s for s in samples if s.name == "evosync_api_calls_total" and labels.items() <= s.labels.items()]
    return {sample.labels["outcome"]: sample.value for sample in ours}


def test_calls_are_counted_by_label_and_outcome(server):
    server.answer(says("{}"), says("{}", 500), closes)
    http = Http(server.url, api="till")
    http.request("GET", "/x/0f3c", label="things")
    http.request("GET", "/x/0f3c", label="things")
    with pytest.raises(errors.OutcomeUnknown):
        http.request("GET", "/x", label="things")
    assert counted(api="till", method="things") == {"200": 1, "500": 1, "lost": 1}
    timed = {"api": "till", "method": "things"}
    assert REGISTRY.get_sample_value("evosync_api_call_seconds_count", timed) == 3
    assert REGISTRY.get_sample_value("evosync_api_call_seconds_sum", timed) > 0


def test_a_call_without_a_name_brings_no_address_into_the_metrics(server):
    server.answer(says("{}"))
    Http(server.url, api="nameless").request("GET", "/stores/0f3c")
    assert counted(api="nameless", method="other") == {"200": 1} == counted(api="nameless")


def test_calls_of_several_threads_have_deadlines_of_their_own(server):
    server.answer(hangs, says("{}"))
    http = Http(server.url)
    ends = {}

    def call(name, deadline):
        try:
            ends[name] = http.request("GET", "/x", deadline=deadline).status
        except errors.ApiError as error:
            ends[name] = type(error)

    slow = threading.Thread(target=call, args=("slow", 0.6))
    slow.start()
    time.sleep(0.2)
    call("quick", 5)
    slow.join()
    assert ends == {"slow": errors.OutcomeUnknown, "quick": 200}


def test_waits_are_read_as_seconds_and_as_epochs():
    assert retry_after({"Retry-After": "7"}) == 7
    assert retry_after({"X-RateLimit-Reset": "3"}) == 3
    assert 8 < retry_after({"X-RateLimit-Reset": str(time.time() + 10)}) < 11
    assert 8 < retry_after({"X-RateLimit-Reset": str(int((time.time() + 10) * 1000))}) < 11
    assert retry_after({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 2) == 2
    assert retry_after({"Retry-After": "nan"}) == 1


@pytest.mark.parametrize("token", ["", "два слова", "a b", "a\nb", "токен", "a\x00b"])
def test_what_no_token_is_made_of_is_not_sent(token):
    with pytest.raises(errors.AuthenticationError) as refused:
        require_sendable(token)
    assert not token or token not in str(refused.value)


def test_errors_survive_the_way_between_processes():
    error = errors.Throttled(9, "flood", "market.add", retry_after=600)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.retry_after) == (errors.Throttled, "market.add: 9 flood", 600)


def test_secrets_are_blotted_out_of_foreign_words():
    words = "bad access_token=abc.def, Bearer xyz; vk1.a.QWE-rty_1 and sEcReT1"
    assert errors.redact(words, "sEcReT1") == "bad access_token=***, Bearer ***; *** and ***"


def test_a_call_that_is_late_after_connecting_writes_nothing():
    with Flight(0.05) as flight:
        time.sleep(0.2)
        with pytest.raises(DeadlinePassed):
            flight.begin_writing()
    assert not flight.written
