"""The tests' settings on a database of the simulation's own: a file in memory where there is such a thing."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests.settings import *  # noqa: F403

_memory = Path("/dev/shm")
FOLDER = tempfile.mkdtemp(prefix="evosync-simulation-", dir=_memory if os.access(_memory, os.W_OK) else None)
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
DATABASES = {
    "default": {
        "ENGINE": "tests.simulation.database",
        "NAME": f"{FOLDER}/world.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            # Only one worker runs at a time, so whoever waits for a lock waits for ever: be quick to tell.
            "timeout": 2,
            # Nobody pulls the plug: killed processes lose nothing that was committed.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
        },
    }
}


class _FromModels:
    """Tables as the models say: migrations have tests of their own, and take seconds."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = _FromModels()
EVOTOR_API_URL = "https://evotor.simulation"
VK_API_URL = "https://vk.simulation"
LOGGING_CONFIG = None
