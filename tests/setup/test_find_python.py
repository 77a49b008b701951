"""find-python.sh: a name on PATH is not enough, the interpreter must do what EvoSync needs."""

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.setup.project import ROOT

REAL = sys._base_executable
FAKE = Path(__file__).with_name("fake_python.py")
# What the script calls. No apt-get: a test must not install anything.
COMMANDS = ("cat", "dirname", "id", "mktemp", "rm", "sed", "sh", "sort", "timeout", "tr")


class Machine:
    """A PATH, a home and a temporary folder of its own, in a folder whose name is no plain word."""

    def __init__(self, folder: Path):
        self.folder = folder / "машина с пробелом"
        self.home = self.folder / "home"
        self.tmp = self.folder / "tmp"
        for made in (self.home, self.tmp, self.folder / "tools"):
            made.mkdir(parents=True)
        for name in COMMANDS:
            if found := shutil.which(name):
                (self.folder / "tools" / name).symlink_to(found)
        self.path = [self.folder / "tools"]

    def program(self, where: str, script: str) -> Path:
        path = self.folder / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def python(self, where: str, fault: str = "none") -> Path:
        return self.program(where, f'exec "{REAL}" "{FAKE}" "$0" "{fault}" "$@"')

    def search(self, script: Path = ROOT / "scripts/find-python.sh", **extra: str) -> subprocess.CompletedProcess:
        environment = {
            "PATH": ":".join(map(str, self.path)),
            "HOME": str(self.home),
            "TMPDIR": str(self.tmp),
            **extra,
        }
        return subprocess.run(
            ["/bin/sh", str(script)],
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
        )

    def found(self, **extra: str) -> Path:
        done = self.search(**extra)
        assert done.returncode == 0, done.stderr
        return Path(done.stdout.removesuffix("\n"))


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    yield machine
    assert list(machine.tmp.iterdir()) == [], "the trial venv is removed"


def test_a_good_one_on_path_is_taken(machine):
    good = machine.python("bin/python3")
    machine.path.append(good.parent)
    assert machine.found() == good


def test_a_failing_shim_does_not_hide_one_further_on_path(machine):
    shim = machine.program("shims/python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    good = machine.python("bin/python3.13")
    machine.path += [shim.parent, good.parent]
    assert machine.found() == good


def test_behind_a_failing_shim_pyenvs_own_versions_are_looked_through(machine):
    shim = machine.program("pyenv root/shims/python3.13", "exit 127")
    machine.python("pyenv root/versions/3.11.7/bin/python3", "version 3.11.7")
    good = machine.python("pyenv root/versions/3.13.0/bin/python3")
    machine.path.append(shim.parent)
    assert machine.found() == good


@pytest.mark.parametrize("variable", ["PYENV_ROOT", "HOME"])
def test_pyenvs_versions_are_found_with_nothing_on_path(machine, variable):
    root = machine.folder / ("root" if variable == "PYENV_ROOT" else "home/.pyenv")
    good = machine.python(str(root.relative_to(machine.folder) / "versions/3.12.1/bin/python3"))
    assert machine.found(**({"PYENV_ROOT": str(root)} if variable == "PYENV_ROOT" else {})) == good


@pytest.mark.parametrize(
    "fault",
    [
        "version 3.11.2",
        "version 2.7.18",
        "no venv",
        *(f"without {m}" for m in ("ssl", "sqlite3", "ctypes", "ensurepip")),
    ],
)
def test_one_that_does_not_do_is_passed_over(machine, fault):
    bad = machine.python("first/python3.14", fault)
    good = machine.python("second/python3")
    machine.path += [bad.parent, good.parent]
    assert machine.found() == good


def test_the_one_that_is_named_comes_first(machine):
    other = machine.python("bin/python3.14")
    named = machine.python("elsewhere/my python")
    machine.path.append(other.parent)
    assert machine.found(PYTHON=str(named)) == named
    assert machine.found(PYTHON="elsewhere/my python") == named


def test_a_named_one_that_does_not_do_is_said_and_another_taken(machine):
    good = machine.python("bin/python3")
    named = machine.python("elsewhere/python3.11", "version 3.11.2")
    machine.path.append(good.parent)
    done = machine.search(PYTHON=str(named))
    assert Path(done.stdout.strip()) == good
    assert f"{named}: is 3.11.2, older than 3.12" in done.stderr


def test_the_project_may_lie_in_any_folder(machine):
    copy = machine.folder / "проект EvoSync"
    shutil.copytree(ROOT / "scripts", copy / "scripts")
    good = machine.python("bin/python3")
    machine.path.append(good.parent)
    assert machine.search(copy / "scripts/find-python.sh").stdout.strip() == str(good)


@pytest.mark.skipif(
    any(glob.glob(f"{place}/python3.1[2-4]") for place in ("/usr/local/bin", "/opt/*/bin", "/opt/*/*/bin")),
    reason="a fit Python lies where the script looks on every machine",
)
def test_when_nothing_fits_it_says_why_and_names_the_ways_out(machine):
    old = machine.python("bin/python3", "version 3.11.2")
    machine.path.append(old.parent)
    done = machine.search()
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{old}: is 3.11.2, older than 3.12" in done.stderr
    for way in ("python3-venv", "pyenv install", "PYTHON="):
        assert way in done.stderr


def test_a_real_interpreter_makes_its_venv_and_is_named_by_its_own_path(machine):
    link = machine.program("bin/python3", f'exec "{REAL}" "$@"')
    machine.path.append(link.parent)
    assert os.path.samefile(machine.found(), REAL)
