#!/usr/bin/env python3
"""A merchant's sync settings for shell scripts, from any folder: eval "$(run/read_config.py --user EMAIL)"

The same door as `manage.py read_config`, in the project's own Python where there is one.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"

if __name__ == "__main__":
    python = str(PYTHON) if PYTHON.exists() else sys.executable
    os.execv(python, [python, str(ROOT / "manage.py"), "read_config", *sys.argv[1:]])
