"""Faults and gates: what goes wrong on demand, and calls held before or after their commit."""

from __future__ import annotations

import itertools
import threading
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from sandbox.calls import Call, Injected, Lost
from sandbox.journal import Journal

KINDS = ("error", "http", "timeout", "reset", "cut", "html", "truncate", "empty", "slow")
LOSING = ("http", "timeout", "reset", "cut", "html")
MOMENTS = ("before", "after")


@dataclass(slots=True)
class Trap:
    """What faults and gates share: which calls they catch, after letting `skip` of them pass."""

    api: str = "vk"
    method: str = "*"
    when: str = "before"
    skip: int = 0
    times: int | None = 1
    match: dict[str, Any] = field(default_factory=dict)
    id: int = 0

    def catches(self, call: Call) -> bool:
        """Whether this call is one of those meant; counts those that pass."""
        if self.times is not None and self.times <= 0:
            return False
        if call.api != self.api or not fnmatchcase(call.method, self.method) or not self._fits(call):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def _fits(self, call: Call) -> bool:
        """`match` compares parameters as text; a key ending in ~ asks for a part, `who` is the user of the token."""
        for key, wanted in self.match.items():
            name, part = key.removesuffix("~"), key.endswith("~")
            value = str(call.who if name == "who" else call.params.get(name, ""))
            if not (str(wanted) in value if part else value == str(wanted)):
                return False
        return True


@dataclass(slots=True)
class Fault(Trap):
    """One thing that goes wrong `times` times (None: until removed)."""

    kind: str = "error"
    code: int = 10
    message: str | None = None
    seconds: float = 1.0


@dataclass(slots=True)
class Gate(Trap):
    """Holds a call that it catches until it is released."""


class Faults:
    """The list of faults in force; thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._faults: list[Fault] = []

    def add(self, kind: str = "error", **fields) -> int:
        """Put a fault in force: api, method, kind, code, message, when, times, skip, match, seconds."""
        fault = checked(Fault(kind=kind, **fields))
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        with self._lock:
            fault.id = next(self._ids)
            self._faults.append(fault)
        return fault.id

    def remove(self, fault_id: int) -> bool:
        with self._lock:
            before = len(self._faults)
            self._faults = [fault for fault in self._faults if fault.id != fault_id]
            return len(self._faults) < before

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def catch(self, call: Call, when: str) -> Fault | None:
        """The first fault that catches this call now; a used-up fault is dropped."""
        with self._lock:
            for fault in self._faults:
                if fault.when == when and fault.catches(call):
                    if fault.times is not None and fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None


@dataclass(slots=True)
class Holding:
    """One held call."""

    call: Call
    released: threading.Event = field(default_factory=threading.Event)
    action: str = "go"


class Gates:
    """Gates in force and the calls that they hold; a held call holds no lock of a world."""

    def __init__(self):
        self._changed = threading.Condition()
        self._ids = itertools.count(1)
        self._gates: dict[int, Gate] = {}
        self._held: dict[int, list[Holding]] = {}
        self.closed = False

    def add(self, **fields) -> int:
        """Set a gate: api, method, when, skip, match, times (1). Gives its id."""
        gate = checked(Gate(**fields))
        with self._changed:
            gate.id = next(self._ids)
            self._gates[gate.id] = gate
            self._held[gate.id] = []
        return gate.id

    def list(self) -> list[dict[str, Any]]:
        with self._changed:
            return [
                asdict(gate)
                | {
                    "holding": [
                        {"n": held.call.n, "method": held.call.method, "params": _plain(held.call.params)}
                        for held in self._held[gate.id]
                    ]
                }
                for gate in self._gates.values()
            ]

    def holding(self, gate_id: int) -> int:
        """How many calls this gate holds now."""
        with self._changed:
            return len(self._held.get(gate_id, ()))

    def wait(self, gate_id: int, timeout: float = 10.0) -> bool:
        """Wait until the gate holds a call."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._held.get(gate_id)), timeout)

    def release(self, gate_id: int, action: str = "go") -> int:
        """Let the held calls go on (`go`) or end them without an answer (`drop`); the gate is gone."""
        if action not in ("go", "drop"):
            raise ValueError("action must be go or drop")
        with self._changed:
            if gate_id not in self._gates:
                raise KeyError(gate_id)
            del self._gates[gate_id]
            held = self._held.pop(gate_id)
            for one in held:
                one.action = action
                one.released.set()
            self._changed.notify_all()
            return len(held)

    def clear(self, action: str = "drop") -> None:
        with self._changed:
            ids = list(self._gates)
        for gate_id in ids:
            self.release(gate_id, action)

    def close(self) -> None:
        """The server stops: nothing is held any more, what was held is dropped."""
        self.closed = True
        self.clear("drop")

    def hold(self, call: Call, when: str) -> None:
        """Block here while a gate wants this call; raises Lost if it is dropped."""
        with self._changed:
            gate = next((g for g in self._gates.values() if g.when == when and g.catches(call)), None)
            if gate is None or self.closed:
                return
            held = Holding(call)
            self._held[gate.id].append(held)
            self._changed.notify_all()
        held.released.wait()
        if held.action == "drop":
            raise Lost("drop")


class Desk:
    """The hook of the worlds: writes the journal, springs the faults, holds at the gates."""

    def __init__(self, journal: Journal | None = None, faults: Faults | None = None, gates: Gates | None = None):
        self.journal = journal or Journal()
        self.faults = faults or Faults()
        self.gates = gates or Gates()
        # How a slow answer waits; replaced by tests that own the time.
        self.sleep = threading.Event().wait

    def open(self, call: Call) -> None:
        self.journal.open(call)

    def before(self, call: Call) -> None:
        self.gates.hold(call, "before")
        if fault := self.faults.catch(call, "before"):
            self._spring(fault, call, None)

    def committed(self, call: Call) -> None:
        self.journal.committed(call)

    def after(self, call: Call, answer: Any) -> Any:
        self.gates.hold(call, "after")
        if fault := self.faults.catch(call, "after"):
            return self._spring(fault, call, answer)
        return answer

    def close(self, call: Call, outcome: str) -> None:
        self.journal.close(call, outcome)

    def _spring(self, fault: Fault, call: Call, answer: Any) -> Any:
        if fault.kind in LOSING:
            raise Lost(fault.kind, fault.code if fault.kind == "http" else 0, answer)
        if fault.kind == "error":
            raise Injected(fault.code, fault.message)
        if fault.kind == "slow":
            self.sleep(fault.seconds)
            return answer
        return _shortened(answer, nothing=fault.kind == "empty")


def checked[T: Trap](trap: T) -> T:
    if trap.api not in ("evotor", "vk"):
        raise ValueError("api must be evotor or vk")
    if trap.when not in MOMENTS:
        raise ValueError("when must be before or after")
    if getattr(trap, "kind", "") in ("truncate", "empty"):
        trap.when = "after"
    return trap


def _shortened(answer: Any, nothing: bool) -> Any:
    """A list cut short that looks like a whole one: half its items, or none, and no further page."""
    body = getattr(answer, "body", answer)
    if not isinstance(body, dict) or not isinstance(body.get("items"), list):
        return answer
    items = [] if nothing else body["items"][: len(body["items"]) // 2]
    short = body | {"items": items}
    if "paging" in short:
        short["paging"] = {}
    if "count" in short:
        short["count"] = len(items)
    if body is answer:
        return short
    answer.body = short
    return answer


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if isinstance(value, str | int | float | bool)}
