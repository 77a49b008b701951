"""A till that costs nothing: pages rendered beforehand, served as they are by a process of its own.

`python -m benchmarks.till FOLDER` prints its port and serves until its standard input ends.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import batched
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from . import goods

PAGE = 1000


def render(folder: Path, shop: str, count: int) -> None:
    """Write the answers about one store of `count` products, as Evotor would send them."""
    folder.mkdir()
    store = goods.store(shop)
    _write(folder / "stores", [store])
    _write(folder / "product-groups", [goods.group(shop, number) for number in range(goods.groups(count))])
    for number, some in enumerate(batched(goods.products(shop, count), PAGE)):
        more = str(number + 1) if (number + 1) * PAGE < count else ""
        _write(folder / f"products{number or ''}", some, more)


def _write(path: Path, items, cursor: str = "") -> None:
    page = {"items": list(items), "paging": {"next_cursor": cursor} if cursor else {}}
    path.write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a process that serves a rendered folder."""
    command = [sys.executable, "-m", "benchmarks.till", str(folder)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.stdin.close()
        server.wait()


def addresses(url: str, folder: Path, shop: str) -> list[str]:
    """All of its addresses that a refresh asks for, in order."""
    home = f"{url}/stores/{goods.store(shop)['id']}"
    pages = len(list(folder.glob("products*"))) - 1
    first = [f"{url}/stores", f"{home}/product-groups", f"{home}/products"]
    return first + [f"{home}/products?cursor={number}" for number in range(1, pages)]


def main(folder: Path) -> None:
    pages = {path.name: path.read_bytes() for path in folder.iterdir()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 64 * 1024

        def log_message(self, *_args) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            name = parts.path.rpartition("/")[2] + parse_qs(parts.query).get("cursor", [""])[0]
            body = pages.get(name)
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/vnd.evotor.v2+json")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")
            self.wfile.flush()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
