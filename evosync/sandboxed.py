"""The environment of `demo` and `run --sandbox`: their own folder, keys, database and addresses.

Entered before the settings are read, so imports nothing that reads them.
"""

import os
import re
import socket
from pathlib import Path

from evosync import secret_keys

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "demo"
SITE_PORT, SANDBOX_PORT = 8000, 8010
EMAIL, PASSWORD = "demo@evosync.example", "demo-evosync-2026"


def enter(site_port: int = SITE_PORT) -> None:
    """Point every setting at `var/demo` and the sandbox, whatever `.env` and the shell say."""
    for name in _settings_names():
        os.environ.pop(name, None)
    FOLDER.mkdir(parents=True, exist_ok=True)
    site, sandbox = free_port(site_port), free_port(SANDBOX_PORT)
    os.environ |= secret_keys.keep(FOLDER) | {
        "READ_DOTENV": "0",
        "VAR_DIR": str(FOLDER),
        "BASE_URL": f"http://localhost:{site}",
        "SANDBOX_URL": f"http://127.0.0.1:{sandbox}",
        "EVOTOR_API_URL": f"http://127.0.0.1:{sandbox}/evotor",
        "VK_API_URL": f"http://127.0.0.1:{sandbox}/vk",
    }


def _settings_names() -> list[str]:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    return re.findall(r"^#?\s*([A-Z][A-Z0-9_]+)=", example, re.MULTILINE)


def free_port(wished: int) -> int:
    """`wished` where nobody listens there, else one that is free now."""
    for port in (wished, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise OSError("no free port on 127.0.0.1")
