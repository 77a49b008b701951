"""`make torture`: many random kills in a shop of many goods, while its till goes on changing."""

from __future__ import annotations

import argparse
import random
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from sandbox import seed
from sandbox.server import Sandbox

# What is not a write is held as well: any call may be the last one of a process.
METHODS = [
    "market.add", "market.edit", "market.delete", "market.get", "market.getAlbums", "market.getById", "market.addAlbum",
    "market.editAlbum", "market.addToAlbum", "market.removeFromAlbum", "market.getProductPhotoUploadServer", "upload",
    "market.saveProductPhoto", "market.saveProductPhotoBulk", "execute",
]  # fmt: skip
GROUPS = 12
# Of the goods, between two kills.
CHANGED = 0.01


@dataclass(slots=True)
class Torture:
    """One shop, its dice, and how often it was killed in which way."""

    scene: object
    dice: random.Random
    counts: dict[str, int] = field(default_factory=dict)
    made: int = 0

    @property
    def sandbox(self) -> Sandbox:
        return self.scene.sandbox

    def open_shop(self, items: int) -> None:
        from tests.killing import shop

        shop.open_shop(self.sandbox)
        for number in range(GROUPS):
            self.sandbox.evotor.put_group(seed.STORE_ID, {"name": f"Группа {number}"})
        for _number in range(items - len(self.sandbox.evotor.products(seed.STORE_ID))):
            self._put()

    def _put(self) -> None:
        from tests.killing import shop

        self.made += 1
        groups = [row["id"] for row in self.sandbox.evotor.groups(seed.STORE_ID)]
        price = f"{self.dice.randint(50, 5000)}.{self.dice.randint(0, 99):02}"
        shop.put(self.sandbox, f"Товар номер {self.made:05}", price, parent_id=self.dice.choice(groups))

    def trade(self) -> None:
        """A little of what happens at a till: prices, names, groups, ends of sale, new and vanished goods."""
        rows = self.sandbox.evotor.products(seed.STORE_ID)
        groups = [row["id"] for row in self.sandbox.evotor.groups(seed.STORE_ID)]
        for row in self.dice.sample(rows, max(1, int(len(rows) * CHANGED))):
            price = round(float(row["price"]) * self.dice.uniform(0.8, 1.3), 2)
            change = self.dice.choice(
                [
                    {"price": f"{price:.2f}"},
                    {"name": f"{row['name'].partition(' (')[0]} ({self.dice.randint(2, 999)})"},
                    {"parent_id": self.dice.choice(groups)},
                    {"allow_to_sell": not row["allow_to_sell"]},
                ]
            )
            self.sandbox.evotor.put_product(seed.STORE_ID, {"id": row["id"], **change})
        self.sandbox.evotor.remove_product(seed.STORE_ID, self.dice.choice(rows)["id"])
        self._put()

    def kill(self) -> None:
        """Begin the main job, let it come to some call, and kill it there; or at any moment, where it comes to none."""
        when = self.dice.choice(["before", "after"])
        gate = self.sandbox.gates.add(method=self.dice.choice(METHODS), when=when, skip=self.dice.randint(0, 12))
        work = self.scene.begin("sync")
        held = self._wait(gate, work)
        if self.dice.random() < 0.3:
            self._orphan(work, gate, held)
        else:
            with suppress(ProcessLookupError):
                work.kill_group()
            action = self.dice.choice(["drop", "go"])
            self._release(gate, action)
            self._count(f"killed {'at a call' if held else 'anywhere'}, {action}")
        self.scene.let_pass(minutes=self.dice.choice([3, 3, 8, 25]))

    def _wait(self, gate: int, work) -> bool:
        until = monotonic() + self.dice.uniform(1, 8)
        while monotonic() < until and not work.into.exists():
            if self.sandbox.gates.wait(gate, timeout=0.1):
                return True
        return False

    def _orphan(self, work, gate: int, held: bool) -> None:
        """Its parent alone is killed. Another worker takes over, and is killed as well or not, before it may go on."""
        with suppress(ProcessLookupError):
            work.kill_parent()
        self.scene.let_pass(minutes=3)
        second = self.scene.begin("sync")
        if self.dice.random() < 0.5:
            second.end()
        self._release(gate, self.dice.choice(["drop", "go"]))
        work.end()
        second.end()
        self._count("orphaned " + ("at a call" if held else "anywhere"))

    def _release(self, gate: int, action: str) -> None:
        with suppress(KeyError):
            self.sandbox.gates.release(gate, action)

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.killing", description=__doc__)
    words.add_argument("--kills", type=_some, default=200)
    words.add_argument("--items", type=_some, default=2000)
    words.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = words.parse_args()
    told = f"KILLS={given.kills} ITEMS={given.items} SEED={given.seed}"
    print(f"make torture {told}", flush=True)
    try:
        torture(given.kills, given.items, given.seed)
    except BaseException:
        print(f"Again by: make torture {told}", file=sys.stderr)
        raise


def _some(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return number


def torture(kills: int, items: int, dice: int) -> None:
    import django

    django.setup()
    from tests.killing.laws import assert_recovers
    from tests.killing.scene import Forks, Scene
    from tests.own_database import empty_database

    began = monotonic()
    with ExitStack() as kept:
        folder = Path(kept.enter_context(TemporaryDirectory()))
        database = kept.enter_context(empty_database(folder))
        forks = Forks(database, folder)
        kept.callback(forks.close)
        sandbox = kept.enter_context(Sandbox(empty=True))
        sandbox.vk.switches["rate_limit"] = False
        # A first round sends them all, at a pace of our own, and machines have neighbours.
        scene = Scene(forks, folder, database, sandbox, patience=60 + items / 5)
        scene.do("migrate")
        scene.connect()
        tortured = Torture(scene, random.Random(dice))
        tortured.open_shop(items)
        for number in range(1, kills + 1):
            tortured.kill()
            tortured.trade()
            print(f"{number} kills, {len(sandbox.vk.items(seed.VK_GROUP_ID))} items", end="\r", file=sys.stderr)
        assert_recovers(scene)
    adds = len(sandbox.journal.entries(method="market.add"))
    print(*(f"{what}: {count}" for what, count in sorted(tortured.counts.items())), sep="; ")
    print(
        f"{kills} kills over {items} goods: all in its place after {monotonic() - began:.0f} s; adds asked for: {adds}"
    )


if __name__ == "__main__":
    main()
