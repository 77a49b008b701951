"""One installation and its sandbox, and the processes that work in it."""

import json
import os
import signal
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

from sandbox import seed
from sandbox.server import Sandbox
from tests.installation import CONNECT, EMAIL, ROOT, environment

PATIENCE = 60.0


class Forks:
    """The process that forks (`tests.killing.forks`), and what it says."""

    def __init__(self, database: str, folder: Path):
        env = environment(folder, database)
        self.log = folder / "forks.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.killing.forks"],
                cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip

    def ask(self, **order) -> dict:
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        told = self.process.stdout.readline()
        assert told, self.log.read_text()
        return json.loads(told)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()


@dataclass(slots=True)
class Work:
    """A parent and its worker, and where the worker leaves what came of it."""

    parent: int
    worker: int
    into: Path
    patience: float = PATIENCE

    def kill_group(self) -> None:
        os.killpg(self.parent, signal.SIGKILL)

    def kill_parent(self) -> None:
        """The worker is an orphan then, and goes on."""
        os.kill(self.parent, signal.SIGKILL)

    def end(self, patience: float | None = None):
        """What came of it, once it has ended by itself."""
        until = monotonic() + (patience or self.patience)
        while not self.into.exists():
            assert monotonic() < until, "it does not end"
            sleep(0.01)
        told = json.loads(self.into.read_text(encoding="utf-8"))
        assert "done" in told, told["failed"]
        return told["done"]


@dataclass(slots=True)
class Scene:
    """A folder, a database and a sandbox, in which forks work."""

    forks: Forks
    folder: Path
    database: str
    sandbox: Sandbox
    settings: dict = field(default_factory=dict)
    # How long a job may take.
    patience: float = PATIENCE

    def begin(self, job: str, **more) -> Work:
        path = urlsplit(self.database).path
        order = {
            "job": job,
            "email": EMAIL,
            "into": str(self.folder / uuid.uuid4().hex),
            "database": path[1:] if self.database.startswith("sqlite") else path.strip("/"),
            "settings": {"EVOTOR_API_URL": self.sandbox.evotor_url, "VK_API_URL": self.sandbox.vk_url} | self.settings,
        }
        return Work(**self.forks.ask(**order, **more), into=Path(order["into"]), patience=self.patience)

    def do(self, job: str, **more):
        return self.begin(job, **more).end()

    def connect(self) -> None:
        self.do("connect", words=CONNECT)

    def reconnect(self) -> None:
        self.do("reconnect", token=seed.VK_TOKEN, group=seed.VK_GROUP_ID)

    def let_pass(self, minutes: float) -> None:
        """Time goes on for all that work here."""
        self.forks.ask(ahead=minutes * 60)

    def work_until(self, gate: int) -> Work:
        """Begin the main job; it stands at the gate."""
        work = self.begin("sync")
        if not self.sandbox.gates.wait(gate, timeout=PATIENCE):
            work.kill_group()
            raise AssertionError(f"the job never came to the gate; {self.forks.log.read_text()}")
        return work
