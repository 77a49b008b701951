"""The installation that the browser visits: `manage.py run` as its operator starts it, before a sandbox."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import requests

from evosync.sandboxed import free_port
from evosync.supervising import end_with_parent
from sandbox.server import Sandbox

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 90
ENDS_WITHIN = 30


class Site:
    """Site, workers and database in a folder of their own; the sandbox is at hand."""

    def __init__(self, folder: Path):
        self.sandbox = Sandbox(empty=True)
        self.log = folder / "log"
        # Any free one: 8000 may be somebody's `make run`.
        self.url = f"http://localhost:{free_port(self.sandbox.port)}"
        self.env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "READ_DOTENV": "0",
            "SECRET_KEY": "only-for-the-browser-tests-of-evosync",
            "FIELD_ENCRYPTION_KEYS": "dGVzdC1rZXktb2YtZXZvc3luYy0zMi1ieXRlcy1sbmc=",
            "VAR_DIR": str(folder),
            "BASE_URL": self.url,
            "SANDBOX_URL": self.sandbox.url,
            "EVOTOR_API_URL": self.sandbox.evotor_url,
            "VK_API_URL": self.sandbox.vk_url,
            # A browser waits for what the workers do.
            "DISPATCH_SECONDS": "1",
            "CATALOG_REFRESH_INTERVAL_SECONDS": "3",
            "VK_READ_LAG": "1",
            "WORKERS": "1",
        }
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        self.sandbox.start()
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "run"],
                cwd=ROOT, env=self.env, stdout=log, stderr=log, preexec_fn=end_with_parent(signal.SIGTERM),
            )  # fmt: skip
        end = monotonic() + STARTS_WITHIN
        while not self._answers():
            assert monotonic() < end and self._process.poll() is None, self.log.read_text()
            sleep(0.2)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/login", timeout=30).ok
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.sandbox.stop()

    def add_merchant(self, email: str, password: str) -> None:
        command = [sys.executable, "manage.py", "add_merchant", email, "--password", "-"]
        subprocess.run(command, cwd=ROOT, env=self.env, input=password, text=True, check=True, capture_output=True)
