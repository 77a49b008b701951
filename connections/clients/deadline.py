"""A hard end for one HTTP call.

Timeouts of `requests` bound each wait, not the call: a server that sends a byte a second is never late. Here a
timer shuts the call's socket down, and the connection tells when the first byte of the request is written.
"""

from __future__ import annotations

import contextlib
import socket
import threading

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_thread = threading.local()


class DeadlinePassed(OSError):
    """The call may not begin or go on."""


class Flight:
    """One call in the air, in the thread that makes it: its socket, its timer, whether anything was written."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.written = False
        self.expired = False
        self._lock = threading.Lock()
        self._lifeline: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Flight:
        _thread.flight = self
        self._timer.start()
        return self

    def __exit__(self, *_error) -> None:
        _thread.flight = None
        self._timer.cancel()
        with self._lock:
            self._drop()

    def hold(self, sock: socket.socket) -> None:
        """Keep a handle on the connection of `sock`, for the timer to cut."""
        with self._lock:
            self._refuse_if_late()
            self._drop()
            # Our own descriptor: TLS detaches the first socket, and http.client closes its one while the body is read.
            self._lifeline = socket.fromfd(sock.fileno(), sock.family, sock.type)

    def begin_writing(self) -> None:
        """Say that the next byte may leave this machine. Raises DeadlinePassed rather than send it late."""
        with self._lock:
            self._refuse_if_late()
            self.written = True

    def _refuse_if_late(self) -> None:
        if self.expired:
            raise DeadlinePassed

    def _cut(self) -> None:
        with self._lock:
            self.expired = True
            if self._lifeline is not None:
                with contextlib.suppress(OSError):
                    self._lifeline.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        if self._lifeline is not None:
            self._lifeline.close()
            self._lifeline = None


class _Watched(HTTPConnection):
    """What a connection reports to the flight of its thread."""

    def _new_conn(self):
        sock = super()._new_conn()
        if flight := _flight():
            try:
                flight.hold(sock)
            except BaseException:
                sock.close()
                raise
        return sock

    def send(self, data):
        # Connecting is no writing: the base class would do both in one step.
        if self.sock is None:
            self.connect()
        elif (flight := _flight()) and not flight.written:
            flight.hold(self.sock)
        if flight := _flight():
            flight.begin_writing()
        return super().send(data)


def _flight() -> Flight | None:
    return getattr(_thread, "flight", None)


class _WatchedHttp(_Watched):
    pass


class _WatchedHttps(_Watched, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHttp


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHttps


class WatchedAdapter(HTTPAdapter):
    """Transport of `requests` whose connections report to the flight of the calling thread."""

    def init_poolmanager(self, *args, **kwargs):
        """As `requests` calls it to make the pool of an adapter."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
