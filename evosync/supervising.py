"""Several programs as one: started together, stopped together, none left behind."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, sleep

GRACE_SECONDS = 60
POLL_SECONDS = 0.2
# Between the end of a program and its next beginning: more each time, unless it had lived for long.
LEAST_PAUSE, MOST_PAUSE = 1.0, 30.0
LONG_LIFE = 60.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Of prctl(2).
PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Program:
    """One of them: how it is started, and what has become of it."""

    name: str
    command: Sequence[str]
    silent: bool
    revived: bool
    before_it_begins: Callable[[], None] | None
    process: subprocess.Popen | None = None
    began: float = 0.0
    pause: float = LEAST_PAUSE
    again_at: float | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            # Ctrl-C at the terminal is told to us alone, and we tell them.
            start_new_session=True,
            preexec_fn=self.before_it_begins,
            stdout=subprocess.DEVNULL if self.silent else None,
        )
        self.began, self.again_at = monotonic(), None

    def ended(self) -> int | None:
        """The code with which it ended for good; one that is to be revived never does."""
        code = self.process.poll() if self.process else None
        if code is None or not self.revived:
            return code
        now = monotonic()
        if self.again_at is None:
            self.pause = LEAST_PAUSE if now - self.began > LONG_LIFE else min(self.pause * 2, MOST_PAUSE)
            self.again_at = now + self.pause
            print(f"{self.name} has ended with code {code}: starting it again.", file=sys.stderr)
        elif now >= self.again_at:
            self.start()
        return None


def run_together(
    programs: Mapping[str, Sequence[str]], *, silent: Collection[str] = (), revived: Collection[str] = ()
) -> int:
    """Run the programs until one of them ends or a signal comes, then stop the others. The exit code of the first
    that failed, 0 when a signal asked for the end. `silent` names those whose standard output nobody needs,
    `revived` those that are started again should they end."""
    # A list: an event is a lock, and a handler may come while it is held.
    asked: list[int] = []
    code = 0
    before = {number: signal.signal(number, lambda came, _frame: asked.append(came)) for number in SIGNALS}
    orphaned = end_with_parent(signal.SIGTERM)
    running = [Program(name, command, name in silent, name in revived, orphaned) for name, command in programs.items()]
    try:
        for program in running:
            program.start()
        while not asked:
            sleep(POLL_SECONDS)
            ended = [(program.name, how) for program in running if (how := program.ended()) is not None]
            if ended and not asked:
                name, code = ended[0]
                print(f"{name} has ended with code {code}: stopping the rest.", file=sys.stderr)
                # By a signal, it is negative.
                code = 128 - code if code < 0 else code or 1
                break
    finally:
        _stop([program.process for program in running if program.process])
        for number, handler in before.items():
            signal.signal(number, handler)
    return code


def _stop(programs: Collection[subprocess.Popen]) -> None:
    for program in programs:
        program.terminate()
    deadline = monotonic() + GRACE_SECONDS
    for program in programs:
        try:
            program.wait(max(0.1, deadline - monotonic()))
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def end_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """What a child of ours does before it begins, so that it gets this signal even when we are killed outright:
    Linux alone knows how. The library is loaded here, as between fork and exec nothing may be."""
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def follow() -> None:
        prctl(PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:
            # We were killed before it could be told.
            os._exit(1)

    return follow
