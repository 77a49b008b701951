#!/usr/bin/env python3
"""Does the web server of this container answer, and with its database? For the container's health check.

`/health` fails for a dead worker too, which is no fault of this container's. Standard library alone: it is asked often.
"""

import json
import sys
import urllib.error
import urllib.request


def ask(url: str) -> dict:
    try:
        with urllib.request.urlopen(url, timeout=4) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        return json.load(refused)


if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    sys.exit(0 if ask(f"{address}/health").get("database") == "ok" else 1)
