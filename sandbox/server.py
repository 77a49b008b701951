"""The imitations over real HTTP on loopback: a thin shell around the worlds."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

from sandbox import loading, saving, seed
from sandbox.evotor import EvotorWorld
from sandbox.faults import Desk
from sandbox.handler import Handler
from sandbox.vk import VkWorld

HOST = "127.0.0.1"


class Server(ThreadingHTTPServer):
    """Threads end with the process; open connections are closed on stop."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, sandbox: Sandbox):
        self.sandbox = sandbox
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((HOST, port), Handler)

    def server_bind(self) -> None:
        """As the library's, without asking a name server about 127.0.0.1."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request(self, request, client_address) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._open_lock:
            left = list(self._open)
        for connection in left:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request, client_address) -> None:
        """A client that went away is no event here; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Sandbox:
    """Both worlds behind one address. Without a directory nothing is kept.

    A saved state in the directory is taken up, unless `load` (a folder of Evotor JSON) or `reset` asks for a
    fresh start. `products` asks the seed for about that many, `empty` for shops without goods.
    """

    def __init__(
        self,
        directory: Path | None = None,
        port: int = 0,
        products: int | None = None,
        load: Path | None = None,
        empty: bool = False,
        reset: bool = False,
    ):
        self.directory = Path(directory) if directory else None
        self._fresh: dict[str, Any] = {"products": products, "empty": empty}
        # Files that make no shop are told before anything that is kept is touched.
        self._shop = loading.read(Path(load)) if load else None
        self.desk = Desk()
        self.faults, self.gates, self.journal = self.desk.faults, self.desk.gates, self.desk.journal
        self.evotor = EvotorWorld(self.desk)
        self.vk = VkWorld(self.desk)
        self._thread: threading.Thread | None = None
        # The address first: a port that is busy must not cost the state that is there.
        self._server = Server(port, self)
        self.port = self._server.server_address[1]
        self.url = f"http://{HOST}:{self.port}"
        self.evotor_url = f"{self.url}/evotor"
        self.vk_url = f"{self.url}/vk"
        self.evotor.base_url, self.vk.base_url = self.evotor_url, self.vk_url
        self.evotor.clock = self.vk.clock = lambda: datetime.now(UTC)
        self._saver = saving.Saver(self.directory, self.worlds) if self.directory else None
        try:
            self.resumed = self._open_worlds(reset or load is not None)
        except Exception:
            self._server.server_close()
            raise

    @property
    def worlds(self) -> list[EvotorWorld | VkWorld]:
        return [self.evotor, self.vk]

    def _open_worlds(self, fresh: bool) -> bool:
        """Take up the saved state, or seed; true if there was one."""
        if self.directory:
            self.directory.mkdir(parents=True, exist_ok=True)
            for world in self.worlds:
                world.pictures = saving.Pictures(self.directory / "pictures" / world.api)
                if fresh:
                    world.pictures.clear()
            if not fresh and saving.load(self.directory, self.worlds):
                for name in self.vk.switches:
                    self.vk.switched(name)
                return True
        self._seed()
        return False

    def _seed(self) -> None:
        seed.fill(self.evotor, self.vk, **self._fresh)
        if self._shop:
            loading.put(self.evotor, seed.EVOTOR_TOKEN, self._shop)

    def reset(self) -> None:
        """Back to how it opened: worlds, switches, faults and gates; the journal is emptied."""
        self.gates.clear("drop")
        self.faults.clear()
        for world, blank in ((self.evotor, EvotorWorld()), (self.vk, VkWorld())):
            with world.lock:
                kept = ("hook", "lock", "version", "clock", "pictures", "base_url")
                fresh = {name: value for name, value in vars(blank).items() if name not in kept}
                vars(world).update(fresh)
                world.pictures.clear()
        self._seed()
        self.journal.clear()

    # -- running -------------------------------------------------------------------------------------------------

    def start(self) -> Sandbox:
        """Serve in threads of this process."""
        if self._saver:
            self._saver.start()
        self._thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)
        self._thread.start()
        return self

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        """End held and open calls, stop serving, save."""
        self._server.stopping.set()
        self.gates.close()
        if self._thread:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.close_connections()
        self._server.server_close()
        if self._saver:
            self._saver.stop()

    def serve_forever(self, stopped: threading.Event | None = None, ready: Callable[[], None] | None = None) -> None:
        """Serve until the event is set (by a signal handler), then stop cleanly."""
        stopped = stopped or threading.Event()
        self.start()
        try:
            if ready:
                ready()
            stopped.wait()
        finally:
            self.stop()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def save(self) -> None:
        """Write the state now."""
        if self._saver:
            self._saver.save()

    def revoke(self, token: str, revoked: bool = True) -> None:
        """Make a token of either world invalid, or valid again."""
        tokens = self.evotor.accounts if token in self.evotor.accounts else self.vk.tokens
        tokens[token].revoked = revoked
        for world in self.worlds:
            world.changed("token")

    # -- what tests ask ---------------------------------------------------------------------------------------------

    def calls(self) -> int:
        """A mark in the journal."""
        return self.journal.calls()

    def writes_since(self, mark: int, api: str | None = "vk") -> list[dict]:
        """Calls after the mark that could change a world."""
        return self.journal.writes_since(mark, api)
