"""The site as it is served, by gunicorn with the project's own configuration, and a browser's side of it."""

import gzip
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from time import monotonic, perf_counter, sleep

from .children import ROOT, Place

PATIENCE = 60
# What a browser fetches with a page before it can be read.
PARTS = re.compile(r'<(?:link|script|img)\b[^>]*?\b(?:href|src)="(/static/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    # As it came over the wire, or as every proxy of ours would pack it.
    packed: int
    took: float


@dataclass
class Browser:
    """Asks one after another over one connection, as whoever is signed in by this cookie."""

    port: int
    cookie: str = ""
    _connection: HTTPConnection | None = field(default=None, init=False)

    def get(self, path: str) -> Answer:
        try:
            return self._get(path)
        except RemoteDisconnected:
            # It was idle for longer than a connection is kept.
            self._connection = None
            return self._get(path)

    def _get(self, path: str) -> Answer:
        headers = {"Cookie": self.cookie, "Accept-Encoding": "gzip", "Accept-Language": "ru"}
        connection = self._connection or HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        began = perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        took = perf_counter() - began
        self._connection = None if answer.will_close else connection
        packed = len(body)
        if answer.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        elif answer.headers.get_content_maintype() == "text":
            packed = len(gzip.compress(body, 6))
        return Answer(answer.status, body, packed, took)

    def lines(self, path: str) -> int:
        """How many lines a long answer has; they are read as they come and kept nowhere."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path, headers={"Cookie": self.cookie})
        answer, lines = connection.getresponse(), 0
        assert answer.status == 200, (path, answer.status)
        while some := answer.read(65536):
            lines += some.count(b"\n")
        connection.close()
        return lines

    def weigh(self, page: Answer) -> int:
        """The page with all that it brings, for a browser that has nothing of it yet."""
        parts = set(PARTS.findall(page.body.decode(errors="ignore")))
        return page.packed + sum(self.get(part).packed for part in parts)


@dataclass(frozen=True, slots=True)
class Site:
    port: int
    _process: subprocess.Popen

    def browser(self, cookie: str = "") -> Browser:
        return Browser(self.port, cookie)

    def workers(self) -> list[int]:
        pid = self._process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]

    def processor(self) -> float:
        """Seconds of the processor that the workers have had, whoever else was busy here; not the database's."""
        return sum(_ticks(pid) for pid in self.workers()) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(told[11]) + int(told[12])


@contextmanager
def served(place: Place, *options: str) -> Iterator[Site]:
    """The site of this place's database; `options` are gunicorn's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")]
    # No page of ours waits for an outside service; one that did would find nobody.
    nowhere = dict.fromkeys(("EVOTOR_API_URL", "VK_API_URL"), "http://127.0.0.1:9")
    # Its log is written as on any server, and costs what it costs there.
    environment = place.environment | {"BASE_URL": f"http://127.0.0.1:{port}", "LOG_LEVEL": "INFO"} | nowhere
    command += ["--bind", f"127.0.0.1:{port}", *options]
    with (place.folder / "site.log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
    try:
        site = Site(port, process)
        _wait_for(site)
        yield site
    finally:
        process.terminate()
        process.wait()


def _wait_for(site: Site) -> None:
    deadline = monotonic() + PATIENCE
    while True:
        try:
            assert site.browser().get("/login").status == 200
            return
        except ConnectionError:
            assert monotonic() < deadline, "the site does not come"
            sleep(0.1)
