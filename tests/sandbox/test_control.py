"""The doors under /control: the journal, switches, the till, the community, a reset."""

import pytest
import requests

from sandbox import seed
from tests.sandbox.conftest import GROUP
from tests.sandbox.wire import BEARER, FORM, STORE


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
