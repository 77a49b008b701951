"""How tests talk to the sandbox over real HTTP, and look at what is kept there."""

import json
import time

import requests

from sandbox import seed
from tests.sandbox.conftest import GROUP, OWNER

FORM = {"access_token": seed.VK_TOKEN, "v": "5.199"}
STORE = seed.STORE_ID
V2 = "application/vnd.evotor.v2+json"
BEARER = {"Authorization": f"Bearer {seed.EVOTOR_TOKEN}", "Accept": V2}
ALBUM = {"owner_id": OWNER, "title": "Чай"}


def call(sandbox, method: str, timeout: float = 5, **params) -> requests.Response:
    return requests.post(f"{sandbox.vk_url}/method/{method}", data=FORM | params, timeout=timeout)


def evotor(sandbox, path: str, **params) -> requests.Response:
    return requests.get(f"{sandbox.evotor_url}{path}", params=params, headers=BEARER, timeout=5)


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
