"""Several programs as one: started together, stopped together, none left behind."""

import ctypes
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from time import monotonic

GRACE_SECONDS = 60
POLL_SECONDS = 0.2
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Of prctl(2).
PR_SET_PDEATHSIG = 1


def run_together(programs: Mapping[str, Sequence[str]], *, silent: Collection[str] = ()) -> int:
    """Run the programs until one of them ends or a signal comes, then stop the others. The exit code of the first
    that failed, 0 when a signal asked for the end. `silent` names those whose standard output nobody needs."""
    stop, running, code = threading.Event(), {}, 0
    before = {name: signal.signal(name, lambda *_: stop.set()) for name in SIGNALS}
    orphaned = _end_with_parent()
    try:
        for name, command in programs.items():
            running[name] = subprocess.Popen(
                command,
                # Ctrl-C at the terminal is told to us alone, and we tell them.
                start_new_session=True,
                preexec_fn=orphaned,
                stdout=subprocess.DEVNULL if name in silent else None,
            )
        while not stop.wait(POLL_SECONDS):
            ended = {name: program.returncode for name, program in running.items() if program.poll() is not None}
            if ended:
                name, code = next(iter(ended.items()))
                print(f"{name} has ended with code {code}: stopping the rest.", file=sys.stderr)
                # By a signal, it is negative.
                code = 128 - code if code < 0 else code or 1
                break
    finally:
        _stop(running.values())
        for name, handler in before.items():
            signal.signal(name, handler)
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


def _end_with_parent() -> Callable[[], None] | None:
    """What a child does before it begins, so that it is stopped even when we are killed outright: Linux alone
    knows how. The library is loaded here, as between fork and exec nothing may be."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
