"""In place of `connections.clients.http.Http`: requests go to the worlds, and what goes wrong on the way is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from connections.clients.errors import NotSent, OutcomeUnknown
from connections.clients.http import Reply
from sandbox.calls import Lost, Upload
from sandbox.evotor_shapes import Answer
from sandbox.handler import HTML_ERROR, dumps

from .chaos import EVOTOR_CODES, INNER_CODES, TOP_CODES

# The other end answers late sometimes, and works on a request that nobody waits for any more, but not for ever.
LONGEST_AFTERLIFE = 29.0


class Wire:
    """One base address, as a client sees it."""

    def __init__(self, sim, base_url: str, *, deadline: float = 30, **_options):
        self.sim, self.base_url, self.deadline = sim, base_url.rstrip("/"), deadline

    def request(
        self,
        verb: str,
        path: str,
        *,
        params: dict | None = None,
        data: Any = None,
        headers: dict | None = None,
        files: Any = None,
        label: str = "",
        deadline: float | None = None,
    ) -> Reply:
        url = path if path.startswith("https://") else self.base_url + path
        if url.startswith(self.sim.evotor.base_url):
            api, handle = "evotor", self._evotor(verb, url, params or {}, headers or {})
        elif files:
            api, handle = "upload", self._upload(url, files)
        else:
            api, handle = "vk", self._vk(url, data)
        code = str(data.get("code", "")) if data else ""
        return _Request(self, api, label or path, handle, deadline or self.deadline, code).go()

    def _evotor(self, verb: str, url: str, params: dict, headers: dict) -> Callable[[], Reply]:
        world = self.sim.evotor
        path = unquote(urlsplit(url).path)
        given = dict(params) | {
            "token": headers.get("Authorization", "").removeprefix("Bearer "),
            "accept": headers.get("Accept", ""),
        }

        def handle() -> Reply:
            answer: Answer = world.handle(f"{verb} {path}", given, self.sim.scheduler.utc())
            return Reply(answer.status, answer.headers, b"" if answer.body is None else dumps(answer.body))

        return handle

    def _upload(self, url: str, files: dict) -> Callable[[], Reply]:
        key = urlsplit(url).path.rpartition("/")[2]
        sent = [Upload(field, name, content) for field, (name, content, _kind) in files.items()]

        def handle() -> Reply:
            told = self.sim.vk.handle("upload", {"key": key, "files": sent}, self.sim.scheduler.utc())
            return Reply(200, {}, dumps(told))

        return handle

    def _vk(self, url: str, data: dict) -> Callable[[], Reply]:
        method = url.rpartition("/")[2]
        return lambda: Reply(200, {}, dumps(self.sim.vk.handle(method, dict(data), self.sim.scheduler.utc())))


class _Request:
    """One request of one worker, with what goes wrong on its way."""

    def __init__(self, wire: Wire, api: str, label: str, handle: Callable[[], Reply], deadline: float, code: str):
        self.sim, self.api, self.label, self.code = wire.sim, api, label, code
        self.inner = code.count("API.")
        self.rng = self.sim.chaos.rng
        self._handle = handle
        self.until = self.sim.scheduler.now + deadline

    def go(self) -> Reply:
        worker = self.sim.scheduler.current
        if worker is None:
            return self._handle()
        worker.alive()
        self.sim.laws.calls_outside_of_transactions(self.label)
        self.sim.laws.calls_by_the_holder_alone(self.label, self.code)
        kind = self.sim.chaos.trouble(self.api, self.inner)
        if kind:
            self.sim.tell(f"{self.label}: {kind}")
        worker.sleep(self.rng.uniform(0.02, 0.4))
        reply = getattr(self, f"_{kind or 'fine'}")(worker)
        worker.sleep(self.rng.uniform(0.0, 0.1))
        return reply

    def _answer(self) -> Reply:
        """The world's answer, or what is left of it."""
        self.sim.laws.caller = self.sim.rounds.get(self.sim.scheduler.current.name)
        try:
            return self._handle()
        except Lost as lost:
            match lost.kind:
                case "http":
                    return Reply(lost.code, {}, HTML_ERROR.format(lost.code).encode())
                case "html":
                    return Reply(200, {}, HTML_ERROR.format("Service is being repaired").encode())
            raise OutcomeUnknown(None, f"the answer was lost ({lost.kind})", self.label) from None
        finally:
            self.sim.desk.faults.clear()

    def _fault(self, kind: str, **fields) -> None:
        api = "vk" if self.api == "upload" else self.api
        self.sim.desk.faults.add(kind, api=api, **fields)

    def _fine(self, _worker) -> Reply:
        return self._answer()

    # -- the way there and back --------------------------------------------------------------------------------

    def _not_run(self, _worker) -> Reply:
        raise NotSent(None, "connection refused", self.label)

    def _lost_before(self, worker) -> Reply:
        self._silence(worker)

    def _lost_late(self, worker) -> Reply:
        self._goes_on_alone()
        self._silence(worker)

    def _lost_after(self, worker) -> Reply:
        self._answer()
        self._silence(worker)

    def _lost_middle(self, worker) -> Reply:
        """Of an execute some calls are done, the others never."""
        when = self.rng.choice(("before", "after"))
        self._fault("reset", method="*.*", when=when, skip=self.rng.randrange(self.inner))
        return self._answer()

    def _silence(self, worker) -> None:
        """The connection breaks, or nothing comes until the deadline."""
        left = self.until - self.sim.scheduler.now
        worker.sleep(self.rng.choice((self.rng.uniform(0, min(5, left)), left)))
        raise OutcomeUnknown(None, "no answer", self.label)

    def _goes_on_alone(self) -> None:
        """Nobody waits for this request any more; the other end works on it all the same."""
        caller = self.sim.rounds.get(self.sim.scheduler.current.name)

        def commit() -> None:
            self.sim.tell(f"a late commit of {self.label}")
            self.sim.laws.caller = caller
            self._handle()

        scheduler = self.sim.scheduler
        latest = min(self.until, scheduler.now + LONGEST_AFTERLIFE)
        scheduler.at(self.rng.uniform(scheduler.now, latest), commit)

    # -- what the other end says --------------------------------------------------------------------------------

    def _top_error(self, _worker) -> Reply:
        self._fault("error", method=self.label, code=self.rng.choice(TOP_CODES))
        return self._answer()

    def _error_after(self, _worker) -> Reply:
        self._fault("error", method=self.label, code=10, when="after")
        return self._answer()

    def _inner_error(self, _worker) -> Reply:
        code, skip = self.rng.choice(INNER_CODES), self.rng.randrange(self.inner)
        self._fault("error", method="*.*", code=code, skip=skip, times=self.rng.choice((1, 1, 3)))
        return self._answer()

    def _inner_error_after(self, _worker) -> Reply:
        skip = self.rng.randrange(self.inner)
        self._fault("error", method="*.*", code=self.rng.choice((1, 10)), skip=skip, when="after")
        return self._answer()

    def _bad_http(self, worker) -> Reply:
        kind = self.rng.choice(("http", "html", "cut"))
        self._fault(kind, method="*", code=502, when=self.rng.choice(("before", "after")))
        return self._answer()

    def _evotor_error(self, _worker) -> Reply:
        # Several times, since a read is tried again at once.
        code = self.rng.choice(EVOTOR_CODES)
        self.sim.tell(f"Evotor says {code}")
        self._fault("error", method="*", code=code)
        return self._answer()

    def _short(self, _worker) -> Reply:
        self._fault(self.rng.choice(("truncate", "empty")), method="*")
        return self._answer()

    # -- SIGKILL ------------------------------------------------------------------------------------------------

    def _die_before(self, worker) -> Reply:
        worker.kill()

    def _die_zombie(self, worker) -> Reply:
        self._goes_on_alone()
        worker.kill()

    def _die_after(self, worker) -> Reply:
        self._answer()
        worker.kill()
