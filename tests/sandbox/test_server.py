"""The HTTP shell: both APIs and uploads."""

import http.client
import socket
from concurrent.futures import ThreadPoolExecutor

import requests

from sandbox import seed
from sandbox.forms import parse_form
from tests.sandbox.conftest import GROUP, OWNER, picture
from tests.sandbox.wire import BEARER, FORM, STORE, V2


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
