"""What goes wrong on demand, as a client of real HTTP sees it."""

import http.client
import socket

import pytest
import requests

from sandbox import seed
from sandbox.calls import Lost
from tests.sandbox.conftest import GROUP, OWNER
from tests.sandbox.wire import ALBUM, albums, call, code_of, evotor, settle


def patience(kind: str) -> float:
    """Only a silence is waited out; every other answer may take its time on a busy machine."""
    return 0.5 if kind == "timeout" else 10


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
