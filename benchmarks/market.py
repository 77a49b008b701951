"""The sandbox in a process of its own, with shops of made-up goods, steered by lines of JSON.

`python -m benchmarks.market` prints its address; then each line `["name", {arguments}]` is answered by one line.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox import seed
from sandbox.server import Sandbox
from sandbox.vk_state import Community

from . import goods
from .goods import FIRST_GROUP, FIRST_VK_USER


class Market:
    """Talks to the process."""

    def __init__(self, process: subprocess.Popen):
        self._process = process
        self.url = json.loads(process.stdout.readline())

    def ask(self, door: str, /, **args: Any) -> Any:
        print(json.dumps([door, args]), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


@contextmanager
def open_market() -> Iterator[Market]:
    command = [sys.executable, "-m", "benchmarks.market"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Market(process)
    finally:
        process.stdin.close()
        process.wait()


class Doors:
    """What may be asked for by line."""

    def __init__(self, sandbox: Sandbox):
        self.evotor, self.vk, self.journal = sandbox.evotor, sandbox.vk, sandbox.journal

    def open_shop(self, shop: str, number: int, count: int) -> None:
        """A till with so many goods, and an empty community for them."""
        till, user = f"02-{number:015}", FIRST_VK_USER + number
        self.evotor.add_account(f"evotor-{shop}", till)
        self.evotor.add_store(goods.store(shop) | {"user_id": till})
        for each in range(goods.groups(count)):
            self.evotor.put_group(goods.store(shop)["id"], goods.group(shop, each))
        self.put(shop, 0, count)
        group = Community(id=FIRST_GROUP + number, name=f"Лавка {shop}", admins={user: 3}, market_enabled=True)
        self.vk.users[user] = {"id": user, "first_name": "Марина", "last_name": "Заречная"}
        self.vk.groups[group.id] = group
        self.vk.add_token(f"vk-{shop}", user_id=user, scopes=seed.SCOPES)

    def put(self, shop: str, first: int, count: int, dearer: float = 0) -> None:
        """Goods of these numbers, at their price and so much more."""
        store = goods.store(shop)["id"]
        for number in range(first, first + count):
            row = goods.product(shop, number)
            self.evotor.put_product(store, row | {"price": row["price"] + dearer})

    def switch(self, name: str, value: Any) -> None:
        self.vk.switch(name, value)

    def requests(self) -> int:
        """How many came to /method/ so far."""
        return self.journal.requests("vk")

    def prices(self, number: int) -> dict[str, int]:
        """What a visitor pays in a community, in kopecks."""
        return {item["title"]: int(item["price"]["amount"]) for item in self.vk.visible_items(FIRST_GROUP + number)}


def main() -> None:
    with Sandbox(empty=True) as sandbox:
        # A catalog of thousands is read in one go here; Evotor's allowance is not what is measured.
        sandbox.evotor.switch("rate_limit", False)
        print(json.dumps(sandbox.url), flush=True)
        doors = Doors(sandbox)
        for line in sys.stdin:
            name, args = json.loads(line)
            print(json.dumps(getattr(doors, name)(**args)), flush=True)
        os._exit(0)


if __name__ == "__main__":
    main()
