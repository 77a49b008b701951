"""The environment of `demo` and `run --sandbox`: their own folder, keys, database and addresses.

Entered before the settings are read, so imports nothing that reads them.
"""

import errno
import fcntl
import os
import re
import socket
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from evosync import secret_keys

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "demo"
SITE_PORT, SANDBOX_PORT = 8000, 8010
EMAIL, PASSWORD = "demo@evosync.example", "demo-evosync-2026"
# Every address that a browser may take localhost for.
LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_lock = None


def enter() -> None:
    """Point every setting at `var/demo` and the sandbox, whatever `.env` and the shell say."""
    for name in _settings_names():
        os.environ.pop(name, None)
    FOLDER.mkdir(parents=True, exist_ok=True)
    _claim()
    site = free_port(SITE_PORT)
    os.environ |= secret_keys.keep(FOLDER) | {
        "READ_DOTENV": "0",
        "VAR_DIR": str(FOLDER),
        "BASE_URL": f"http://localhost:{site}",
        # Somebody watches: what the till says is in the window within a minute or so.
        "DISPATCH_SECONDS": "5",
        "CATALOG_REFRESH_INTERVAL_SECONDS": "60",
        "HEALTH_CHECK_INTERVAL_SECONDS": "60",
    }
    os.environ |= addresses(free_port(SANDBOX_PORT))


def addresses(port: int) -> dict[str, str]:
    """The settings that point at a sandbox on this port."""
    url = f"http://127.0.0.1:{port}"
    return {"SANDBOX_URL": url, "EVOTOR_API_URL": f"{url}/evotor", "VK_API_URL": f"{url}/vk"}


def _settings_names() -> list[str]:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    return re.findall(r"^#?\s*([A-Z][A-Z0-9_]+)=", example, re.MULTILINE)


def _claim() -> None:
    """Be the only one in the folder, until this process ends: two sandboxes would write over each other's state."""
    global _lock
    _lock = (FOLDER / "lock").open("w")
    try:
        fcntl.flock(_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ImproperlyConfigured(
            f"Another demo is at work in {FOLDER}: stop `make run`, or let `make demo` end."
        ) from None


def free_port(wished: int) -> int:
    """`wished` where nobody listens there, else one that is free now."""
    if not any(_taken(family, host, wished) for family, host in LOOPBACK):
        return wished
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _taken(family: int, host: str, port: int) -> bool:
    try:
        with socket.socket(family) as probe:
            # What only lingers after its end is in nobody's way.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        # Not every machine has IPv6; a port below 1024 may not be ours to take.
        return error.errno in (errno.EADDRINUSE, errno.EACCES)
    return False
