"""What goes wrong on demand, as a client of real HTTP sees it."""

import http.client
import json
import socket
import threading
import time

import pytest
import requests

from sandbox import seed
from sandbox.calls import Call, Lost
from sandbox.journal import Journal
from tests.sandbox.conftest import GROUP, OWNER

ALBUM = {"owner_id": OWNER, "title": "Чай"}


def call(sandbox, method: str, timeout: float = 5, **params) -> requests.Response:
    form = {"access_token": seed.VK_TOKEN, "v": "5.199"} | params
    return requests.post(f"{sandbox.vk_url}/method/{method}", data=form, timeout=timeout)


def patience(kind: str) -> float:
    """Only a silence is waited out; every other answer may take its time on a busy machine."""
    return 0.5 if kind == "timeout" else 10


def settle(sandbox) -> None:
    """Wait until the calls that nobody waits for any more have ended."""
    deadline = time.monotonic() + 10
    while any(one["outcome"] == "running" for one in sandbox.journal.entries()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def albums(sandbox) -> list[str]:
    return [row["title"] for row in sandbox.vk.albums(GROUP)]


def code_of(*titles: str) -> str:
    calls = [f"API.market.addAlbum({json.dumps({'owner_id': OWNER, 'title': title})})" for title in titles]
    return f"return [{', '.join(calls)}];"


@pytest.fixture
def calm(sandbox):
    sandbox.vk.switch("rate_limit", False)
    return sandbox


def test_an_error_code_before_and_after_the_commit(calm):
    calm.faults.add(method="market.addAlbum", kind="error", code=10)
    calm.faults.add(method="market.addAlbum", kind="error", code=9, when="after", message="Flood, wait")
    first, second, third = (call(calm, "market.addAlbum", **ALBUM).json() for _ in range(3))
    assert first["error"]["error_code"] == 10
    assert (second["error"]["error_code"], second["error"]["error_msg"]) == (9, "Flood, wait")
    assert "response" in third
    assert albums(calm) == ["Чай"] * 2
    assert calm.faults.list() == []


def test_a_captcha_comes_with_its_address(calm):
    calm.faults.add(method="users.get", kind="error", code=14)
    error = call(calm, "users.get").json()["error"]
    assert error["redirect_uri"].startswith("https://id.vk.ru/")
    assert error["remixstlid"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["http", "timeout", "reset", "cut", "html"])
def test_a_lost_answer_is_lost_before_or_after_the_commit(calm, kind, when):
    calm.faults.add(method="market.addAlbum", kind=kind, code=503, when=when)
    lost = False
    try:
        answer = call(calm, "market.addAlbum", timeout=patience(kind), **ALBUM)
        if kind == "http":
            assert answer.status_code == 503
        assert "json" not in answer.headers["Content-Type"]
    except requests.RequestException as error:
        lost = True
        expected = requests.Timeout if kind == "timeout" else requests.ConnectionError
        if kind == "cut":
            expected = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
        assert isinstance(error, expected)
    settle(calm)
    assert lost == (kind not in ("http", "html"))
    assert albums(calm) == (["Чай"] if when == "after" else [])
    (entry,) = calm.journal.entries(method="market.addAlbum")
    assert (entry["outcome"], entry["committed"]) == (f"lost: {kind}", when == "after")


def test_a_reset_is_a_real_one(calm):
    calm.faults.add(method="users.get", kind="reset")
    with socket.create_connection(("127.0.0.1", calm.port), timeout=5) as raw:
        path = f"/vk/method/users.get?access_token={seed.VK_TOKEN}&v=5.199"
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            raw.recv(100)


def test_a_cut_body_is_the_first_half_of_the_real_one(calm):
    calm.faults.add(method="users.get", kind="cut", when="after")
    connection = http.client.HTTPConnection("127.0.0.1", calm.port, timeout=5)
    connection.request("GET", f"/vk/method/users.get?access_token={seed.VK_TOKEN}&v=5.199")
    with pytest.raises(http.client.IncompleteRead) as cut:
        connection.getresponse().read()
    connection.close()
    assert cut.value.partial.decode("utf-8", "ignore").startswith('{"response": [{"id": ')
    assert cut.value.expected > 0


@pytest.mark.parametrize(("when", "kept"), [("before", ["1"]), ("after", ["1", "2"])])
@pytest.mark.parametrize("kind", ["http", "timeout", "reset", "cut", "html"])
def test_a_loss_inside_an_execute_loses_the_whole_answer(calm, kind, when, kept):
    calm.faults.add(method="market.addAlbum", kind=kind, when=when, match={"title": "2"})
    try:
        answer = call(calm, "execute", timeout=patience(kind), code=code_of("1", "2", "3"))
        assert not answer.headers["Content-Type"].startswith("application/json")
    except requests.RequestException:
        pass
    settle(calm)
    assert albums(calm) == kept


@pytest.mark.parametrize(("when", "kept"), [("before", ["1", "3"]), ("after", ["1", "2", "3"])])
def test_an_error_inside_an_execute_fails_that_call_alone(calm, when, kept):
    calm.faults.add(method="market.addAlbum", kind="error", code=10, when=when, skip=1)
    answer = call(calm, "execute", code=code_of("1", "2", "3")).json()
    assert answer["response"][1] is False
    assert [one["error_code"] for one in answer["execute_errors"]] == [10]
    assert albums(calm) == kept


def test_skip_times_match_and_patterns(calm):
    calm.faults.add(method="market.*", kind="error", code=9, skip=1, times=2, match={"owner_id": str(OWNER)})
    codes = [call(calm, "market.getAlbums", owner_id=OWNER).json().get("error", {}).get("error_code") for _ in range(4)]
    assert codes == [None, 9, 9, None]
    forever = calm.faults.add(method="users.get", kind="error", code=10, times=None)
    assert [call(calm, "users.get").json()["error"]["error_code"] for _ in range(3)] == [10] * 3
    assert calm.faults.remove(forever)
    assert "response" in call(calm, "users.get").json()


def test_a_fault_can_be_meant_for_one_user(calm):
    calm.faults.add(method="*", kind="error", code=5, times=None, match={"who": str(seed.SECOND_VK_USER_ID)})
    assert "response" in call(calm, "users.get").json()
    assert call(calm, "users.get", access_token=seed.SECOND_VK_TOKEN).json()["error"]["error_code"] == 5


def test_a_fault_can_ask_for_a_part_of_a_value(calm):
    calm.faults.add(method="market.addAlbum", kind="error", code=10, match={"title~": "зелён"})
    assert call(calm, "market.addAlbum", **ALBUM | {"title": "Чай зелёный"}).json()["error"]["error_code"] == 10


@pytest.mark.parametrize(
    "fields", [{"kind": "?"}, {"when": "during"}, {"api": "ozon"}, {"method": "x", "kind": "gone"}]
)
def test_a_fault_that_makes_no_sense_is_refused(calm, fields):
    with pytest.raises(ValueError, match="must be"):
        calm.faults.add(**fields)
    assert requests.post(f"{calm.url}/control/faults", json=fields, timeout=5).status_code == 400


def test_uploads_fail_too(calm):
    url = call(calm, "market.getProductPhotoUploadServer", group_id=GROUP).json()["response"]["upload_url"]
    calm.faults.add(method="upload", kind="html")
    assert "<html>" in requests.post(url, files={"file": b"?"}, timeout=5).text


def evotor(sandbox, path: str, **params) -> requests.Response:
    headers = {"Authorization": f"Bearer {seed.EVOTOR_TOKEN}", "Accept": "application/vnd.evotor.v2+json"}
    return requests.get(f"{sandbox.evotor_url}{path}", params=params, headers=headers, timeout=5)


def test_evotor_fails_on_demand_per_store(calm):
    pattern = "GET /stores/{store}/products"
    calm.faults.add(api="evotor", method=pattern, kind="error", code=402, match={"store": seed.STORE_ID})
    calm.faults.add(api="evotor", method="GET /stores", kind="http", code=502)
    assert evotor(calm, f"/stores/{seed.OTHER_STORE_ID}/products").status_code == 200
    assert evotor(calm, f"/stores/{seed.STORE_ID}/products").status_code == 402
    assert evotor(calm, "/stores").status_code == 502
    assert evotor(calm, "/stores").status_code == 200


def test_lists_are_cut_short_and_look_whole(calm):
    for number in range(10):
        calm.evotor.put_product(seed.STORE_ID, {"name": f"Чай {number}"})
        calm.vk.add_foreign_item(GROUP, name=f"Чай {number}")
    path = f"/stores/{seed.STORE_ID}/products"
    calm.faults.add(api="evotor", method="GET */products", kind="truncate")
    calm.faults.add(api="evotor", method="GET */products", kind="empty")
    lengths = []
    for _ in range(3):
        answer = evotor(calm, path).json()
        assert answer["paging"] == {}
        lengths.append(len(answer["items"]))
    assert lengths == [5, 0, 10]
    calm.faults.add(method="market.get", kind="truncate")
    answer = call(calm, "market.get", owner_id=OWNER).json()["response"]
    assert (answer["count"], len(answer["items"])) == (5, 5)
    assert len(calm.evotor.products(seed.STORE_ID)) == 10


# -- gates ---------------------------------------------------------------------------------------------------------


class Held:
    """A call in a thread of its own."""

    def __init__(self, sandbox, method: str, timeout: float = 10, **params):
        self.answer: requests.Response | None = None
        self.error: Exception | None = None
        self._args = (sandbox, method, timeout, params)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        sandbox, method, timeout, params = self._args
        try:
            self.answer = call(sandbox, method, timeout, **params)
        except requests.RequestException as error:
            self.error = error

    def join(self) -> None:
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.mark.parametrize(("when", "during"), [("before", []), ("after", ["Чай"])])
def test_a_gate_holds_one_call_and_lets_the_others_pass(calm, when, during):
    gate = calm.gates.add(method="market.addAlbum", when=when)
    held = Held(calm, "market.addAlbum", **ALBUM)
    assert calm.gates.wait(gate)
    assert albums(calm) == during
    assert "response" in call(calm, "market.addAlbum", **ALBUM | {"title": "Кофе"}).json()
    assert evotor(calm, "/stores").status_code == 200
    (listed,) = calm.gates.list()
    assert listed["holding"][0]["params"]["title"] == "Чай"
    assert calm.gates.release(gate) == 1
    held.join()
    assert "response" in held.answer.json()
    assert sorted(albums(calm)) == ["Кофе", "Чай"]


def test_a_gate_inside_an_execute(calm):
    gate = calm.gates.add(method="market.addAlbum", skip=1)
    held = Held(calm, "execute", code=code_of("1", "2", "3"))
    assert calm.gates.wait(gate)
    assert albums(calm) == ["1"]
    assert "response" in call(calm, "market.getAlbums", owner_id=OWNER).json()
    calm.gates.release(gate)
    held.join()
    assert len(held.answer.json()["response"]) == 3
    assert albums(calm) == ["1", "2", "3"]


@pytest.mark.parametrize(("action", "kept"), [("go", ["Чай"]), ("drop", [])])
def test_a_held_call_whose_client_died_commits_or_is_dropped(calm, action, kept):
    gate = calm.gates.add(method="market.addAlbum")
    held = Held(calm, "market.addAlbum", timeout=0.3, **ALBUM)
    assert calm.gates.wait(gate)
    held.join()
    assert isinstance(held.error, requests.Timeout)
    assert calm.gates.holding(gate) == 1
    assert albums(calm) == []
    calm.gates.release(gate, action)
    settle(calm)
    assert albums(calm) == kept


def test_a_gate_over_http(calm):
    control = f"{calm.url}/control/gates"
    gate = requests.post(control, json={"method": "users.get", "when": "after"}, timeout=5).json()["id"]
    held = Held(calm, "users.get")
    assert calm.gates.wait(gate)
    assert len(requests.get(control, timeout=5).json()["gates"][0]["holding"]) == 1
    assert requests.post(f"{control}/{gate}/release", json={"action": "up"}, timeout=5).status_code == 400
    assert requests.post(f"{control}/{gate}/release", timeout=5).json() == {"released": 1}
    held.join()
    assert held.answer.json()["response"]
    assert requests.post(f"{control}/{gate}/release", timeout=5).status_code == 404


def test_stopping_frees_what_is_held(calm):
    gate = calm.gates.add(method="users.get")
    held = Held(calm, "users.get")
    assert calm.gates.wait(gate)
    calm.stop()
    held.join()
    assert isinstance(held.error, requests.ConnectionError)


# -- worlds without HTTP ---------------------------------------------------------------------------------------------


def test_without_http_a_loss_is_an_exception(vk, desk):
    desk.faults.add(method="market.addAlbum", kind="timeout", when="after")
    with pytest.raises(Lost) as lost:
        vk.raw("market.addAlbum", **ALBUM)
    assert lost.value.kind == "timeout"
    assert len(vk.world.albums(GROUP)) == 1


def test_a_cut_execute_was_about_to_tell_what_is_committed(vk, desk):
    desk.faults.add(method="market.addAlbum", kind="cut", when="after", skip=1)
    with pytest.raises(Lost) as lost:
        vk.raw("execute", code=code_of("1", "2", "3"))
    told = [one["market_album_id"] for one in lost.value.answer["response"]]
    assert told == [row["id"] for row in vk.world.albums(GROUP)]
    assert len(told) == 2


def test_a_slow_answer_waits_the_way_it_is_told_to(vk, desk):
    waits = []
    desk.sleep = waits.append
    desk.faults.add(method="users.get", kind="slow", seconds=2.5)
    assert vk("users.get")
    assert waits == [2.5]


def test_writes_are_told_from_reads(vk, desk):
    mark = desk.journal.calls()
    vk("market.getAlbums", owner_id=OWNER)
    vk("users.get")
    vk("groups.getById", group_id=GROUP)
    vk("market.getProductPhotoUploadServer", group_id=GROUP)
    vk("execute", code="return [API.market.get({})];")
    assert desk.journal.writes_since(mark) == []
    vk("execute", code=code_of("1"))
    vk("market.addAlbum", **ALBUM)
    assert [one["method"] for one in desk.journal.writes_since(mark)] == ["market.addAlbum"] * 2


def test_the_journal_keeps_no_secret_and_no_bulk(clock):
    journal = Journal(limit=3)
    params = {"access_token": "s", "token": "s", "file": b"12345", "text": "я" * 5000, "body": [1] * 500, "id": 7}
    call = Call("vk", "upload", params, clock.now)
    journal.open(call)
    for moment in ("open", "closed"):
        (entry,) = journal.entries()
        assert entry["params"].keys() == {"file", "text", "body", "id"}, moment
        assert (entry["params"]["file"], entry["params"]["body"]) == ("<5 bytes>", "<500 objects>"), moment
        assert len(entry["params"]["text"]) < 3000, moment
        journal.close(call, "ok")
    for _ in range(5):
        journal.open(Call("vk", "users.get", {}, clock.now))
    assert [one["n"] for one in journal.entries()] == [4, 5, 6]
    assert journal.calls() == 6


def test_no_token_reaches_the_journal(vk, evotor, desk):
    vk("users.get")
    evotor("GET /stores")
    text = json.dumps(desk.journal.entries())
    assert seed.VK_TOKEN not in text
    assert seed.EVOTOR_TOKEN not in text
