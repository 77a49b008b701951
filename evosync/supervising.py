"""Several programs as one: started together, stopped together, none left behind."""

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from time import monotonic

GRACE_SECONDS = 60


def run_together(programs: dict[str, Sequence[str]]) -> int:
    """Run the programs until one of them ends or a signal comes; stop the others. The exit code of the first
    that failed, 0 when a signal asked for the end."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: stop.set())
    running = {name: subprocess.Popen(command, start_new_session=True) for name, command in programs.items()}
    code = 0
    while not stop.wait(0.3):
        ended = {name: program.returncode for name, program in running.items() if program.poll() is not None}
        if ended:
            name, code = next(iter(ended.items()))
            print(f"{name} has ended with code {code}: stopping the rest.", file=sys.stderr)
            code = code or 1
            break
    _stop(running.values())
    return code


def _stop(programs) -> None:
    for program in programs:
        program.terminate()
    deadline = monotonic() + GRACE_SECONDS
    for program in programs:
        try:
            program.wait(max(0.1, deadline - monotonic()))
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
