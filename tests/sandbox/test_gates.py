"""Calls that are held half-way until a test lets them go, as a client of real HTTP sees it."""

import threading

import pytest
import requests

from tests.sandbox.conftest import OWNER
from tests.sandbox.wire import ALBUM, albums, call, code_of, evotor, settle


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
