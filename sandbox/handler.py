"""One HTTP connection: paths to worlds, answers to bytes, and the ways of losing an answer."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox import control, pages
from sandbox.calls import Lost
from sandbox.evotor import V2
from sandbox.evotor_shapes import Answer
from sandbox.forms import parse_form

if TYPE_CHECKING:
    from sandbox.server import Server

MOST_BODY = 260 * 1024 * 1024
MOST_EVOTOR_BODY = 10 * 1024 * 1024
JSON = "application/json; charset=utf-8"
HTML_ERROR = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr>nginx</body></html>"
OWN_NAMES = ("127.0.0.1", "localhost", "::1")
# A client that waits longer than this for an answer that never comes is sent away.
LONGEST_SILENCE = 300.0


class Handler(BaseHTTPRequestHandler):
    """Keep-alive, no delay of small packets; a world is asked with plain values and the time."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = 600

    def handle_expect_100(self) -> bool:
        """The go-ahead must not wait in the write buffer."""
        told = super().handle_expect_100()
        self.wfile.flush()
        return told

    def log_message(self, *_: Any) -> None:
        """The journal is the log."""

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            self.body = body = self._body()
        except ValueError as error:
            self.close_connection = True
            return self.send(int(str(error)), HTML_ERROR.format(f"{error} Error").encode(), "text/html")
        section = path.split("/", 2)[1] if path.startswith("/") else ""
        rest = path[len(section) + 1 :]
        try:
            match section:
                case "evotor":
                    self._evotor(rest)
                case "vk":
                    self._vk(rest)
                case "control" | "till" if self._from_elsewhere():
                    self.send(403, "Чужая страница не может ничего менять.".encode(), "text/plain; charset=utf-8")
                case "control":
                    self.send_json(*control.answer(self.server.sandbox, self.command, rest, self.query, body))
                case _:
                    self._page(path)
        except Lost as lost:
            self._lose(lost)

    def _from_elsewhere(self) -> bool:
        """Whether a page of another site makes the browser of this machine act here."""
        origin = self.headers.get("Origin")
        return origin is not None and urlsplit(origin).hostname not in OWN_NAMES

    def _page(self, path: str) -> None:
        form, _ = parse_form(self.headers.get("Content-Type", ""), self.body)
        page = pages.answer(self.server.sandbox, self.command, path, self.query, form)
        self.send(page.status, page.body.encode(), page.kind, page.headers)

    def _body(self) -> bytes:
        """The whole body; a ValueError names the status where it cannot be taken."""
        if "Transfer-Encoding" in self.headers:
            raise ValueError(411)
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal():
            raise ValueError(400)
        if int(length) > MOST_BODY:
            raise ValueError(413)
        return self.rfile.read(int(length))

    def _now(self) -> datetime:
        return datetime.now(UTC)

    # -- Evotor ----------------------------------------------------------------------------------------------------

    def _evotor(self, path: str) -> None:
        if self.command == "GET" and path.startswith("/images/"):
            name = path.removeprefix("/images/").removesuffix(".png")
            return self._picture(self.server.sandbox.evotor.pictures, name, "image/png")
        if len(self.body) > MOST_EVOTOR_BODY:
            return self.send(413)
        params: dict[str, Any] = dict(self.query)
        bearer = self.headers.get("Authorization", "")
        params["token"] = (
            bearer[7:].strip() if bearer.lower().startswith("bearer ") else self.headers.get("X-Authorization", "")
        )
        params["accept"] = self.headers.get("Accept", "")
        content_type = params["content_type"] = self.headers.get("Content-Type", "")
        if self.body and content_type.startswith("multipart/"):
            params["files"] = parse_form(content_type, self.body)[1]
        elif self.body:
            try:
                params["body"] = json.loads(self.body, parse_float=Decimal)
            except ValueError as error:
                where = f"line {getattr(error, 'lineno', 1)}, column {getattr(error, 'colno', 1)}"
                wrong = {"code": "invalid_format", "message": "body is not JSON", "value": where}
                return self.send_json(400, wrong, V2)
        answer = self.server.sandbox.evotor.handle(f"{self.command} {path}", params, self._now())
        self.send_json(answer.status, answer.body, V2, answer.headers)

    # -- VK ----------------------------------------------------------------------------------------------------------

    def _vk(self, path: str) -> None:
        world = self.server.sandbox.vk
        if self.command == "GET" and path.startswith("/photo/"):
            return self._picture(world.pictures, path.removeprefix("/photo/").removesuffix(".jpg"), "image/jpeg")
        form, files = parse_form(self.headers.get("Content-Type", ""), self.body)
        if path.startswith("/upload/"):
            if self.command != "POST":
                return self.send_json(200, {"error": "ERR_UPLOAD_NO_FILE: POST expected"})
            params: dict[str, Any] = {"key": path.removeprefix("/upload/"), "files": files}
            return self.send_json(200, world.handle("upload", params, self._now()))
        if not path.startswith("/method/") or self.command not in ("GET", "POST"):
            return self.send(404, HTML_ERROR.format("404 Not Found").encode(), "text/html")
        params = {**self.query, **form}
        bearer = self.headers.get("Authorization", "")
        if bearer.lower().startswith("bearer "):
            params.setdefault("access_token", bearer[7:].strip())
        self.send_json(200, world.handle(path.removeprefix("/method/"), params, self._now()))

    def _picture(self, pictures: Any, name: str, kind: str) -> None:
        data = pictures.get(name)
        if data is None:
            return self.send(404, b"", "text/plain")
        return self.send(200, data, kind, {"Cache-Control": "max-age=3600"})

    # -- answers -------------------------------------------------------------------------------------------------------

    def send(self, status: int, body: bytes = b"", kind: str = JSON, headers: dict[str, str] | None = None) -> None:
        """One whole answer."""
        self.send_response(status)
        if body:
            self.send_header("Content-Type", kind)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def send_json(self, status: int, body: Any, kind: str = JSON, headers: dict[str, str] | None = None) -> None:
        self.send(status, b"" if body is None else dumps(body), kind, headers)

    def _lose(self, lost: Lost) -> None:
        """Act out how an answer is lost."""
        match lost.kind:
            case "http":
                status = lost.code or 502
                self.send(status, HTML_ERROR.format(f"{status} Error").encode(), "text/html")
            case "html":
                self.send(200, HTML_ERROR.format("Service is being repaired").encode(), "text/html")
            case "cut":
                self._cut(lost.answer)
            case "timeout":
                self._keep_silent()
            case "reset":
                # Linger of 0 seconds and a bare close: the kernel sends RST in place of an orderly end.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                os.close(self.connection.detach())
        if lost.kind not in ("http", "html"):
            self.close_connection = True

    def _cut(self, answer: Any) -> None:
        """The headers of a whole answer and half of its body."""
        whole = answer.body if isinstance(answer, Answer) else answer
        body = dumps(whole if whole is not None else {"response": {"count": 0, "items": []}})
        self.send_response(200)
        self.send_header("Content-Type", JSON)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: max(1, len(body) // 2)])
        self.wfile.flush()

    def _keep_silent(self) -> None:
        """Say nothing until the client hangs up, or the server stops."""
        waited = 0.0
        while waited < LONGEST_SILENCE and not self.server.stopping.is_set():
            ready, _, _ = select.select([self.connection], [], [], 0.2)
            if ready:
                return
            waited += 0.2


def dumps(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, default=float).encode("utf-8", "replace")
