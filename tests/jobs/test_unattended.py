"""Workers as processes of their own, left alone: the till reaches the window, and kills need no hand work."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep

import pytest

from sandbox import seed
from sandbox.server import Sandbox
from tests.own_database import empty_database
from tests.vkmarket.kills import ROOT, Installation

pytestmark = [
    pytest.mark.xdist_group("jobs"),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]
QUICK = {
    "DISPATCH_SECONDS": "1",
    "CATALOG_REFRESH_INTERVAL_SECONDS": "2",
    "HEALTH_CHECK_INTERVAL_SECONDS": "2",
    "WORKERS": "2",
    "LOG_LEVEL": "INFO",
}


class Workers:
    """`manage.py worker` before a sandbox of its own, and the processes that it is made of."""

    def __init__(self, folder: Path, database: str):
        self.sandbox = Sandbox(empty=True).start()
        self.sandbox.vk.switches["rate_limit"] = False
        self.place = Installation(folder / "var", database, self.sandbox)
        self.place.env |= QUICK
        self.place.connect()
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "worker"],
                cwd=ROOT, env=self.place.env, start_new_session=True, stdout=log, stderr=log,
            )  # fmt: skip

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.sandbox.stop()

    def put(self, name: str, price: str) -> str:
        fields = {"name": name, "type": "NORMAL", "price": price, "quantity": 5, "allow_to_sell": True}
        return self.sandbox.evotor.put_product(seed.STORE_ID, fields)

    def set_price(self, product: str, price: str) -> None:
        self.sandbox.evotor.put_product(seed.STORE_ID, {"id": product, "price": price})

    def prices(self) -> list[Decimal]:
        """What a buyer sees, every item of its own."""
        items = self.sandbox.vk.visible_items(seed.VK_GROUP_ID)
        return sorted(Decimal(item["price"]["amount"]) / 100 for item in items)

    def show(self, *prices: str, seconds: float = 40) -> bool:
        return until(lambda: self.prices() == sorted(map(Decimal, prices)), seconds)

    def children(self, pid: int) -> list[int]:
        """Processes that this one has begun, oldest first."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    stat = (entry / "stat").read_text().rpartition(")")[2].split()
                    if int(stat[1]) == pid and stat[0] != "Z":
                        found.append((int(stat[19]), int(entry.name)))
        return [child for _began, child in sorted(found)]

    def parent(self, cluster: str) -> int:
        """The main process of a cluster, once it has its own children."""
        for pid in self.children(self.process.pid):
            with suppress(OSError):
                if Path(f"/proc/{pid}/cmdline").read_bytes().endswith(f"\0{cluster}\0".encode()):
                    return pid
        return 0

    def sentinel(self, cluster: str) -> int:
        return next(iter(self.children(self.parent(cluster))), 0)

    def crew(self, cluster: str) -> list[int]:
        """Workers, monitor and pusher."""
        return self.children(self.sentinel(cluster))

    def complete(self, cluster: str) -> bool:
        return len(self.crew(cluster)) == int(QUICK["WORKERS"]) + 2

    def calling(self, cluster: str) -> int:
        """The worker that has a connection to the sandbox open now."""
        port = f":{self.sandbox.port:04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        ours = {f"socket:[{row[9]}]" for row in rows if row[2].endswith(port) and row[3] == "01"}
        for pid in self.crew(cluster):
            for handle in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    if os.readlink(handle) in ours:
                        return pid
        return 0


def until(true, seconds: float = 30) -> bool:
    end = monotonic() + seconds
    while monotonic() < end:
        if true():
            return True
        sleep(0.1)
    return False


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workers")
    with empty_database(folder) as database:
        made = Workers(folder, database)
        yield made
        made.stop()


@pytest.fixture
def told(workers):
    """What the workers have said, where a test fails."""
    yield
    print(workers.log.read_text()[-8000:])


@pytest.fixture(scope="module")
def tea(workers):
    return workers.put("Чай чёрный", "100.00")


def test_what_the_till_says_is_in_the_window_after_the_next_cycle(workers, tea, told):
    assert workers.show("100.00"), workers.prices()
    workers.set_price(tea, "135.50")
    assert workers.show("135.50"), workers.prices()


def test_a_worker_killed_at_an_add_is_followed_by_one_that_ends_it(workers, tea, told):
    gate = workers.sandbox.gates.add(method="market.add", when="after")
    workers.put("Кофе в зёрнах", "700.00")
    assert workers.sandbox.gates.wait(gate, timeout=30)
    worker = workers.calling("long")
    os.kill(worker, signal.SIGKILL)
    workers.sandbox.gates.release(gate, "drop")
    assert workers.show("135.50", "700.00"), workers.prices()
    assert len(workers.sandbox.vk.items(seed.VK_GROUP_ID)) == 2
    assert until(lambda: workers.complete("long"))


def test_killed_with_nothing_to_do_they_take_no_lock_with_them(workers, tea, told):
    """All of a cluster but its sentinel: workers that wait for jobs, the monitor, the pusher."""
    assert until(lambda: workers.complete("long"))
    for pid in workers.crew("long"):
        os.kill(pid, signal.SIGKILL)
    workers.set_price(tea, "136.00")
    assert workers.show("136.00", "700.00"), workers.prices()


@pytest.mark.parametrize("victim", ["parent", "sentinel"])
def test_a_cluster_that_lost_its_head_ends_and_begins_anew(workers, tea, told, victim):
    price = {"parent": "137.00", "sentinel": "138.00"}[victim]
    assert until(lambda: workers.complete("long"))
    crew = [workers.sentinel("long"), *workers.crew("long")]
    os.kill(getattr(workers, victim)("long"), signal.SIGKILL)
    assert until(lambda: gone(crew), 10)
    workers.set_price(tea, price)
    assert workers.show(price, "700.00"), workers.prices()


def test_asked_to_stop_all_end_with_their_jobs_done(workers, tea, told):
    assert until(lambda: workers.complete("long") and workers.complete("now"))
    everybody = [pid for name in ("now", "long") for pid in (workers.parent(name), workers.sentinel(name))]
    everybody += workers.crew("now") + workers.crew("long")
    workers.process.terminate()
    assert workers.process.wait(60) == 0
    assert gone(everybody)
    told = workers.place.manage("jobs", "--json")
    assert '"running": []' in told and '"at_work": 0' in told
