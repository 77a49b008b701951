"""`manage.py worker` as processes of their own, before a sandbox, and a look at what it is made of."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep

from evosync.supervising import end_with_parent
from sandbox import seed
from sandbox.server import Sandbox
from tests.installation import ROOT, Installation

QUICK = {
    "DJANGO_SETTINGS_MODULE": "tests.jobs.quick_settings",
    "DISPATCH_SECONDS": "1",
    "CATALOG_REFRESH_INTERVAL_SECONDS": "2",
    "HEALTH_CHECK_INTERVAL_SECONDS": "2",
    "WORKERS": "2",
    "LOG_LEVEL": "INFO",
}


class Workers:
    """`manage.py worker` before a sandbox of its own, and the processes that it is made of."""

    def __init__(self, folder: Path, database: str, *, migrate: bool = False, **environment: str):
        folder.mkdir(exist_ok=True)
        self.sandbox = Sandbox(empty=True).start()
        self.sandbox.vk.switches["rate_limit"] = False
        self.place = Installation(folder / "var", database, self.sandbox)
        self.place.env |= QUICK | environment
        if migrate:
            self.place.manage("migrate", "--verbosity", "0")
        self.place.connect()
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "worker"],
                cwd=ROOT, env=self.place.env, start_new_session=True, stdout=log, stderr=log,
                # A test run that is killed leaves none of them behind.
                preexec_fn=end_with_parent(signal.SIGTERM),
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

    def prices(self, name: str) -> list[Decimal]:
        """What a buyer sees under this name: one price, if all is well."""
        items = self.sandbox.vk.visible_items(seed.VK_GROUP_ID)
        return [Decimal(item["price"]["amount"]) / 100 for item in items if item["title"] == name]

    def show(self, name: str, price: str, seconds: float = 150) -> bool:
        # A job that a kill has hit after all is handed out again after 100 seconds.
        return until(lambda: self.prices(name) == [Decimal(price)], seconds)

    def items(self, name: str) -> int:
        """How many there are, hidden ones too."""
        return len([item for item in self.sandbox.vk.items(seed.VK_GROUP_ID) if item["name"] == name])

    def children(self, pid: int) -> list[int]:
        """Processes that this one has begun, oldest first."""
        found = []
        if pid <= 1:
            # There was none; what pid 1 has begun is not ours.
            return found
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

    def calling(self) -> int:
        """The worker that has a connection to the sandbox open now."""
        port = f":{self.sandbox.port:04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        ours = {f"socket:[{row[9]}]" for row in rows if row[2].endswith(port) and row[3] == "01"}
        for pid in self.crew("long") + self.crew("now"):
            for handle in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    if os.readlink(handle) in ours:
                        return pid
        return 0


def kill(pid: int) -> None:
    # 0 would be all of ours.
    assert pid > 1, "there is no such process"
    os.kill(pid, signal.SIGKILL)


def until(true, seconds: float = 50) -> bool:
    end = monotonic() + seconds
    while monotonic() < end:
        if true():
            return True
        sleep(0.1)
    return False


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)
