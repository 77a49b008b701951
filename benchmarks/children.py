"""Each measurement in a process of its own, so that its memory is its own and no other has warmed it up.

`python -m benchmarks.children MODULE.FUNCTION JSON` prints what the function returns as one line of JSON.
"""

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Place:
    """Where one benchmark works: a folder and a database that are thrown away afterwards."""

    folder: Path
    # '' for a SQLite file in the folder.
    database: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "VAR_DIR": str(self.folder),
            "BENCH_DATABASE_URL": self.database,
            "PYTHONPATH": str(ROOT),
            # Also for whoever reads `evosync.settings` first, as gunicorn's configuration does.
            "READ_DOTENV": "0",
            "SECRET_KEY": "only-for-the-benchmarks-of-evosync",
            "FIELD_ENCRYPTION_KEYS": "YmVuY2htYXJrLWtleS1vZi1ldm9zeW5jLTMyLWJ5dGU=",
        }
        return os.environ | own | self.settings

    def ask(self, function: str, /, **args: Any) -> Any:
        """What the function of a module in `benchmarks.inside` returns."""
        command = [sys.executable, "-m", "benchmarks.children", f"benchmarks.inside.{function}", json.dumps(args)]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1])


def peak_memory(pid: int | str = "self") -> int:
    """The most that a process has occupied, in bytes; where there is no /proc, this one."""
    try:
        told = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        return int(re.search(r"VmHWM:\s+(\d+) kB", told)[1]) * 1024
    except (OSError, TypeError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def main(name: str, args: dict) -> None:
    import django

    django.setup()
    module, _, function = name.rpartition(".")
    answer = getattr(importlib.import_module(module), function)(**args)
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
