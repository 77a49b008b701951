"""A command as its operator meets it: what it says, the code it ends with, and no secret in any of it."""

import io
import json
import logging
import sys
from dataclasses import dataclass

import pytest
from django.core.management import CommandError, call_command

from evosync import logs
from evosync.base import clock
from sandbox import seed

TOKENS = {value for name, value in vars(seed).items() if "TOKEN" in name and isinstance(value, str)}


@dataclass(frozen=True)
class Told:
    """How a command ended, and all that it wrote."""

    code: int
    out: str
    err: str
    log: str

    @property
    def lines(self) -> list[dict]:
        """Its lines of JSON, which is all that standard output may hold."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def values(self) -> dict:
        (values,) = self.lines
        return values


@pytest.fixture
def operate(capsys, monkeypatch):
    """Run a command of manage.py; by keyword its standard input, what else may not be told, and whether the log
    may hold a traceback, as of a bug it must."""

    def run(*words, stdin: str = "", secrets: tuple[str, ...] = (), traceback_in_log: bool = False) -> Told:
        capsys.readouterr()
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code, stream = 0, io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logs.formatter(json=False))
        root = logging.getLogger()
        root.addHandler(handler)
        try:
            call_command(*map(str, words))
        except SystemExit as end:
            code = end.code or 0
        except CommandError as error:
            # As manage.py does it.
            code = error.returncode
            print(f"CommandError: {error}", file=sys.stderr)
        finally:
            root.removeHandler(handler)
        out, err = capsys.readouterr()
        told = Told(code, out, err, stream.getvalue())
        for text in (told.out, told.err, told.log):
            assert "Traceback" not in text or (traceback_in_log and text is told.log), text
            assert not [secret for secret in TOKENS | set(secrets) if secret in text], text
        return told

    return run


@pytest.fixture
def naps(monkeypatch):
    """Pauses are written down instead of slept."""
    slept: list[float] = []
    monkeypatch.setattr(clock, "sleep", slept.append)
    return slept
