"""Installations whose commands are processes of their own; their database and their sandbox outlive them."""

import os
import subprocess
import sys
from pathlib import Path

from sandbox import seed
from sandbox.server import Sandbox
from sandbox.vk_categories import FIRST

ROOT = Path(__file__).resolve().parents[1]
EMAIL = "kill@evosync.example"
# Any leaf of the sandbox's tree.
CATEGORY = str(FIRST + 1)
# The words that connect a merchant with everything switched on.
CONNECT = [
    *("--evotor-token", seed.EVOTOR_TOKEN, "--vk-token", seed.VK_TOKEN, "--vk-group", str(seed.VK_GROUP_ID)),
    *("--all-stores", "--category", CATEGORY),
]
LEASE, DEADLINE, LAG = 2.5, 1.5, 1.5


def environment(folder: Path, database: str) -> dict[str, str]:
    """For processes that share this folder and this database."""
    return os.environ | {
        "READ_DOTENV": "0",
        "DJANGO_SETTINGS_MODULE": "evosync.settings",
        "SECRET_KEY": "only-for-the-kill-tests-of-evosync",
        "FIELD_ENCRYPTION_KEYS": "dGVzdC1rZXktb2YtZXZvc3luYy0zMi1ieXRlcy1sbmc=",
        "VAR_DIR": str(folder),
        "DATABASE_URL": database,
        "LOG_LEVEL": "ERROR",
    }


class Installation:
    """A folder, a database and their environment, and the sandbox that it talks to."""

    def __init__(self, folder: Path, database: str, sandbox: Sandbox):
        self.database, self.sandbox = database, sandbox
        self.env = environment(folder, database) | {
            "EVOTOR_API_URL": sandbox.evotor_url,
            "VK_API_URL": sandbox.vk_url,
            "LEASE_SECONDS": str(LEASE),
            "VK_CALL_DEADLINE": str(DEADLINE),
            "VK_READ_LAG": str(LAG),
        }

    def manage(self, *words: str, check: bool = True) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=200)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def connect(self) -> None:
        self.manage("add_merchant", EMAIL, *CONNECT)
