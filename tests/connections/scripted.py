"""A server on loopback that answers as it is told, bad manners included."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    verb: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


Script = Callable[[socket.socket], bool | None]


class ScriptedServer:
    """Each request takes the next script, the last one again and again. A script returns True to keep the line."""

    def __init__(self, tls: ssl.SSLContext | None = None):
        self.tls = tls
        self.scripts: deque[Script] = deque()
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def answer(self, *scripts: Script) -> "ScriptedServer":
        self.scripts.extend(scripts)
        return self

    def close(self) -> None:
        self.closing.set()
        self._accepting.join()
        self._listener.close()
        for line in self._lines:
            # Wakes the thread that waits for its next request.
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(2)

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                line, _address = self._listener.accept()
            except TimeoutError:
                continue
            line.settimeout(5)
            self._lines.append(line)
            thread = threading.Thread(target=self._serve, args=(line,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            try:
                line = stack.enter_context(self.tls.wrap_socket(line, server_side=True) if self.tls else line)
                while not self.closing.is_set():
                    asked = _read(line)
                    if asked is None:
                        return
                    self.asked.append(asked)
                    script = self.scripts.popleft() if len(self.scripts) > 1 else self.scripts[0]
                    if not script(line):
                        return
            except OSError:
                return


def _read(line: socket.socket) -> Asked | None:
    raw = b""
    while b"\r\n\r\n" not in raw:
        got = line.recv(65536)
        if not got:
            return None
        raw += got
    head, _end, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _colon, value in (one.partition(":") for one in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += line.recv(65536)
    verb, path, _version = first.split(" ")
    return Asked(verb, path, headers, body)


def says(body: bytes | str, status: int = 200, kind: str = "application/json", **headers: str) -> Script:
    raw = body.encode() if isinstance(body, str) else body
    extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(raw)}\r\n{extra}\r\n"

    def script(line: socket.socket) -> bool:
        line.sendall(head.encode() + raw)
        return True

    return script


def says_json(value: object, status: int = 200, **headers: str) -> Script:
    return says(json.dumps(value, ensure_ascii=False), status, **headers)


HTML = says("<html><body>Сервис временно недоступен</body></html>", kind="text/html")


def cuts(line: socket.socket) -> None:
    """A body shorter than announced."""
    line.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"response": [1, 2')


def resets(line: socket.socket) -> None:
    """The request is read; no byte comes back."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closes(line: socket.socket) -> None:
    """The connection ends in good order, without an answer."""


def hangs(line: socket.socket) -> None:
    """No answer, and the line stays open until the caller goes away."""
    line.settimeout(20)
    line.recv(1)


def drips(head: bytes) -> Script:
    """`head`, and then a byte now and then: no single wait is ever long."""

    def script(line: socket.socket) -> None:
        line.sendall(head)
        for _tick in range(200):
            line.sendall(b" ")
            threading.Event().wait(0.1)

    return script
