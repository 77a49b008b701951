"""The HTTP shell: both APIs, uploads, control, and what survives a restart."""

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests

from sandbox import saving, seed
from sandbox.forms import parse_form
from sandbox.server import Sandbox
from tests.sandbox.conftest import GROUP, OWNER, picture

FORM = {"access_token": seed.VK_TOKEN, "v": "5.199"}
STORE = seed.STORE_ID
V2 = "application/vnd.evotor.v2+json"
BEARER = {"Authorization": f"Bearer {seed.EVOTOR_TOKEN}", "Accept": V2}


def test_vk_takes_get_post_and_multipart_and_the_bearer_header(sandbox):
    sandbox.vk.switch("rate_limit", False)
    url = f"{sandbox.vk_url}/method/users.get"
    bearer = {"Authorization": f"Bearer {seed.VK_TOKEN}"}
    answers = [
        requests.get(url, params=FORM, timeout=5),
        requests.post(url, data=FORM, timeout=5),
        requests.post(url, files={name: (None, value) for name, value in FORM.items()}, timeout=5),
        requests.post(url, data={"v": "5.199"}, headers=bearer, timeout=5),
    ]
    assert [one.json()["response"][0]["id"] for one in answers] == [seed.VK_USER_ID] * 4


def test_vk_does_not_take_json_bodies(sandbox):
    answer = requests.post(f"{sandbox.vk_url}/method/users.get", json=FORM, timeout=5)
    assert (answer.status_code, answer.json()["error"]["error_code"]) == (200, 8)


def test_evotor_takes_either_header_and_answers_in_its_media_type(sandbox):
    url = f"{sandbox.evotor_url}/stores"
    answer = requests.get(url, headers=BEARER, timeout=5)
    assert answer.headers["Content-Type"] == V2
    assert int(answer.headers["X-RateLimit-Remaining"]) > 0
    assert requests.get(url, headers={"X-Authorization": seed.EVOTOR_TOKEN}, timeout=5).json() == answer.json()
    assert requests.get(url, timeout=5).status_code == 401
    assert requests.get(url, headers=BEARER | {"Accept": "application/json"}, timeout=5).status_code == 406


def test_evotor_reads_bodies_exactly_and_says_where_json_breaks(sandbox):
    url = f"{sandbox.evotor_url}/stores/{STORE}/products"
    headers = BEARER | {"Content-Type": V2}
    good = requests.post(url, data='{"name":"Чай","type":"NORMAL","price":0.29}'.encode(), headers=headers, timeout=5)
    assert (good.status_code, good.json()["price"]) == (201, 0.29)
    fine = requests.post(url, data=b'{"name":"x","type":"NORMAL","price":0.291}', headers=headers, timeout=5)
    assert fine.status_code == 400
    bad = requests.post(url, data=b'{"name":', headers=headers, timeout=5)
    assert (bad.status_code, bad.json()["code"]) == (400, "invalid_format")
    assert "line 1" in bad.json()["value"]
    assert requests.delete(f"{url}/{good.json()['id']}", headers=headers, timeout=5).status_code == 204


def test_images_of_evotor_are_served(sandbox):
    product = sandbox.evotor.put_product(STORE, {"name": "Чай"})
    sandbox.evotor.put_image(STORE, product, picture(300, 300, "PNG"))
    answer = requests.get(f"{sandbox.evotor_url}/stores/{STORE}/products/{product}/images", headers=BEARER, timeout=5)
    assert requests.get(answer.json()["items"][0]["url"], timeout=5).content == picture(300, 300, "PNG")


def test_an_upload_over_http(sandbox):
    params = FORM | {"group_id": GROUP}
    server = requests.post(f"{sandbox.vk_url}/method/market.getProductPhotoUploadServer", data=params, timeout=5)
    url = server.json()["response"]["upload_url"]
    assert url.startswith(f"{sandbox.vk_url}/upload/")
    data = picture(640, 480)
    raw = requests.post(url, files={"file": ("чай.jpg", data, "image/jpeg")}, timeout=5).text
    saved = requests.post(
        f"{sandbox.vk_url}/method/market.saveProductPhoto", data=FORM | {"upload_response": raw}, timeout=5
    ).json()["response"]
    assert saved["photo"]["sizes"][0]["width"] == 640
    small = requests.get(f"{sandbox.vk_url}/photo/{saved['photo_id']}.jpg", timeout=5)
    assert small.headers["Content-Type"] == "image/jpeg"
    assert requests.get(f"{sandbox.vk_url}/photo/1.jpg", timeout=5).status_code == 404


def test_files_with_line_ends_and_dashes_come_through_whole(sandbox):
    data = b"\r\n--x\n\r--\r\n\r\n" + bytes(range(256))
    request = requests.Request("POST", "http://x/", data={"a": "Ёж"}, files={"file1": ("b.jpg", data)}).prepare()
    fields, (file,) = parse_form(request.headers["Content-Type"], request.body)
    assert (fields, file.field, file.name, file.data) == ({"a": "Ёж"}, "file1", "b.jpg", data)


def test_a_connection_serves_many_calls(sandbox):
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    connection.connect()
    own = connection.sock.getsockname()
    for _ in range(3):
        connection.request("GET", "/evotor/stores", headers=BEARER)
        assert connection.getresponse().read()
        assert connection.sock.getsockname() == own
    connection.close()


def test_only_loopback_listens(sandbox):
    assert sandbox._server.socket.getsockname()[0] == "127.0.0.1"


def test_bodies_without_a_length_are_411_and_bad_lengths_400(sandbox):
    assert requests.post(f"{sandbox.vk_url}/method/users.get", data=iter([b"v=5"]), timeout=5).status_code == 411
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as raw:
        raw.sendall(b"POST /vk/method/users.get HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_evotor_bodies_over_ten_megabytes_are_413(sandbox):
    url = f"{sandbox.evotor_url}/stores/{STORE}/products"
    assert requests.post(url, data=b" " * (10 * 1024 * 1024 + 1), headers=BEARER, timeout=5).status_code == 413


def test_parallel_writers_lose_nothing(sandbox):
    sandbox.vk.switch("rate_limit", False)
    url = f"{sandbox.vk_url}/method/market.addAlbum"

    def add(number: int) -> int:
        params = FORM | {"owner_id": OWNER, "title": f"Подборка {number}"}
        return requests.post(url, data=params, timeout=10).json()["response"]["market_album_id"]

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(add, range(80)))
    assert len(set(ids)) == 80
    assert len(sandbox.vk.albums(GROUP)) == 80


def test_vk_paths_that_are_none_are_404(sandbox):
    assert requests.get(f"{sandbox.vk_url}/nothing", timeout=5).status_code == 404
    assert requests.delete(f"{sandbox.vk_url}/method/users.get", timeout=5).status_code == 404


# -- control ---------------------------------------------------------------------------------------------------------


class Control:
    def __init__(self, sandbox):
        self.url = f"{sandbox.url}/control"

    def __call__(self, verb: str, path: str, status: int = 200, **body):
        answer = requests.request(verb, self.url + path, json=body or None, timeout=5)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def control(sandbox) -> Control:
    return Control(sandbox)


def test_the_journal_is_read_from_a_mark_and_emptied(sandbox, control):
    requests.get(f"{sandbox.evotor_url}/stores", headers=BEARER, timeout=5)
    requests.post(f"{sandbox.vk_url}/method/users.get", data=FORM, timeout=5)
    journal = control("GET", "/journal")
    assert [(one["api"], one["method"]) for one in journal["entries"]] == [
        ("evotor", "GET /stores"),
        ("vk", "users.get"),
    ]
    assert journal["requests"] == {"evotor": 1, "vk": 1}
    assert control("GET", f"/journal?since={journal['last']}")["entries"] == []
    assert len(control("GET", "/journal?api=vk")["entries"]) == 1
    control("DELETE", "/journal")
    assert control("GET", "/journal")["entries"] == []


def test_switches_are_set_by_name_and_kind(sandbox, control):
    control("POST", "/switches", photo_single_use=False, evotor={"rate_limit": False})
    switches = control("GET", "/switches")
    assert switches["vk"]["photo_single_use"] is False
    assert (switches["evotor"]["rate_limit"], switches["vk"]["rate_limit"]) == (False, True)
    switches = control("POST", "/switches", rate_limit=False)
    assert (switches["evotor"]["rate_limit"], switches["vk"]["rate_limit"]) == (False, False)
    assert "no switch" in control("POST", "/switches", 400, colour=1)["error"]
    assert "no switch" in control("POST", "/switches", 400, vk={"colour": 1})["error"]
    assert "takes bool" in control("POST", "/switches", 400, photo_single_use=1)["error"]
    assert control("POST", "/switches", read_delay_seconds=1.5)["vk"]["read_delay_seconds"] == 1.5


def test_the_till_has_its_doors(sandbox, control):
    group = control("POST", "/evotor/groups", store=STORE, group={"name": "Чай"})["id"]
    tea = {"name": "Ассам", "price": 10, "quantity": 5, "parent_id": group}
    product = control("POST", "/evotor/products", token=seed.EVOTOR_TOKEN, product=tea)["id"]
    control("POST", "/evotor/products", store=STORE, product={"id": product, "price": 12.5})
    control("POST", "/evotor/documents", store=STORE, type="SELL", lines=[{"product": product, "quantity": 2}])
    (row,) = control("GET", f"/evotor/products?store={STORE}")["products"]
    assert (row["price"], row["quantity"], row["parent_id"]) == (12.5, 3, group)
    new = control("POST", "/evotor/products/recreate", store=STORE)["ids"][product]
    assert control("POST", "/evotor/products/remove", store=STORE, ids=[new]) == {"removed": 1}
    control("POST", "/evotor/installed", store=STORE, installed=False)
    assert sandbox.evotor.not_installed == {STORE}
    assert {one["products"] for one in control("GET", "/evotor/stores")["stores"]} == {0}
    assert "there is no" in control("POST", "/evotor/products/recreate", 404, store="?")["error"]


def test_the_community_has_its_doors(sandbox, control):
    item = control("POST", "/vk/items", group=GROUP, item={"name": "Сертификат", "price": 100_000})["id"]
    control("POST", "/vk/items/edit", group=GROUP, id=item, fields={"name": "Сертификат 1000"})
    assert control("GET", f"/vk/items?group={GROUP}")["visible"][0]["title"] == "Сертификат 1000"
    control("POST", "/vk/items/delete", group=GROUP, id=item)
    found = control("GET", f"/vk/items?group={GROUP}")
    assert found["visible"] == []
    assert found["items"][0]["removed_at"]
    control("POST", "/tokens/revoke", token=seed.VK_TOKEN)
    assert sandbox.vk.tokens[seed.VK_TOKEN].revoked


def test_reset_brings_everything_back(sandbox, control):
    sandbox.evotor.put_product(STORE, {"name": "Чай"})
    sandbox.vk.add_foreign_item(GROUP)
    sandbox.vk.switch("photo_single_use", False)
    sandbox.faults.add(method="*")
    control("POST", "/reset")
    assert sandbox.evotor.products(STORE) == []
    assert sandbox.vk.items(GROUP) == []
    assert sandbox.vk.switches["photo_single_use"]
    assert sandbox.faults.list() == []
    answer = requests.post(f"{sandbox.vk_url}/method/users.get", data=FORM, timeout=5)
    assert answer.json()["response"]


@pytest.mark.parametrize(
    ("origin", "status"), [("https://example.org", 403), ("null", 403), ("http://localhost:8000", 200), (None, 200)]
)
def test_pages_of_other_sites_cannot_act_here(sandbox, origin, status):
    headers = {"Origin": origin or sandbox.url}
    for path in ("/control/save", "/till/remove"):
        answer = requests.post(sandbox.url + path, headers=headers, allow_redirects=False, timeout=5)
        assert answer.status_code == (404 if (path, status) == ("/till/remove", 200) else status)


def test_doors_that_are_none_are_404_with_the_list(control):
    assert any("POST /gates" in door for door in control("GET", "/windows", 404)["doors"])
    assert "JSON" in requests.post(f"{control.url}/faults", data=b"{", timeout=5).json()["error"]


# -- state -----------------------------------------------------------------------------------------------------------


def test_the_state_survives_a_restart(tmp_path):
    with Sandbox(tmp_path, products=350) as first:
        assert not first.resumed
        params = FORM | {"group_id": GROUP}
        url = requests.post(f"{first.vk_url}/method/market.getProductPhotoUploadServer", data=params, timeout=5).json()[
            "response"
        ]["upload_url"]
        raw = requests.post(url, files={"file": picture()}, timeout=5).text
        photo = first.vk.handle("market.saveProductPhoto", FORM | {"upload_response": raw}, now := datetime.now(UTC))
        photo_id = photo["response"]["photo_id"]
        item = first.vk.add_foreign_item(GROUP, name="Чай", main_photo_id=photo_id)
        album = first.vk.handle("market.addAlbum", FORM | {"owner_id": OWNER, "title": "Чай"}, now)["response"]
        first.vk.switch("photo_single_use", False)
        product = first.evotor.put_product(STORE, {"name": "Кофе", "price": 9999999.99})
        first.evotor.set_installed(seed.OTHER_STORE_ID, False)
        first.evotor.switch("sale_lag_seconds", 3600)
        first.evotor.sell(STORE, product, 2)
        before = {name: list(world.rows()) for name, world in (("e", first.evotor), ("v", first.vk))}
    with Sandbox(tmp_path) as second:
        assert second.resumed
        after = {name: list(world.rows()) for name, world in (("e", second.evotor), ("v", second.vk))}
        plain = lambda rows: json.loads(json.dumps(rows))  # noqa: E731
        assert plain(after) == plain(before)
        assert (
            second.vk.handle(
                "market.addAlbum", FORM | {"owner_id": OWNER, "title": "Кофе"}, now + timedelta(seconds=9)
            )["response"]["market_album_id"]
            > album["market_album_id"]
        )
        assert second.vk.add_foreign_item(GROUP) > item
        assert requests.get(f"{second.vk_url}/photo/{photo_id}.jpg", timeout=5).status_code == 200
    with Sandbox(tmp_path, reset=True) as third:
        assert not third.resumed
        assert third.vk.items(GROUP) == []


def test_the_state_is_written_while_it_changes(tmp_path):
    with Sandbox(tmp_path, empty=True) as running:
        running.evotor.put_product(STORE, {"name": "Чай"})
        running.save()
        lines = (tmp_path / saving.STATE).read_text(encoding="utf-8").splitlines()
        assert any(json.loads(line)[0] == "evotor.products" for line in lines)
        assert not list(tmp_path.glob("*.new"))


def test_nothing_changed_nothing_written(tmp_path):
    with Sandbox(tmp_path, empty=True) as running:
        running.save()
        stamp = (tmp_path / saving.STATE).stat().st_mtime_ns
        requests.get(f"{running.evotor_url}/stores", headers=BEARER, timeout=5)
        running.save()
        assert (tmp_path / saving.STATE).stat().st_mtime_ns == stamp


def test_a_broken_state_is_told_with_its_line(tmp_path):
    Sandbox(tmp_path, empty=True).stop()
    path = tmp_path / saving.STATE
    path.write_text(path.read_text(encoding="utf-8").replace('["evotor.account"', '["evotor.account', 1), "utf-8")
    with pytest.raises(saving.StateError, match=r"line 3: .*--reset"):
        Sandbox(tmp_path)
    Sandbox(tmp_path, reset=True).stop()
    assert Sandbox(tmp_path).resumed


def test_a_busy_port_is_told_before_anything_is_touched(tmp_path, sandbox):
    with pytest.raises(OSError, match="in use"):
        Sandbox(tmp_path / "state", port=sandbox.port)
    assert not (tmp_path / "state").exists()


def test_a_stopped_sandbox_answers_no_more(tmp_path):
    running = Sandbox(empty=True).start()
    session = requests.Session()
    assert session.get(running.url, timeout=5).status_code == 200
    running.stop()
    with pytest.raises(requests.ConnectionError):
        session.get(running.url, timeout=5)
