"""setup.sh: what it installs is checked by hash, and with nothing changed it needs neither pip nor network."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.setup.project import ROOT

# One worker: making a virtual environment is the dear part, and these tests share theirs.
pytestmark = pytest.mark.xdist_group("setup_script")

WHEEL = "tea-{version}-py3-none-any.whl"


def make_wheel(folder: Path, version: str) -> str:
    """A package `tea` that knows its version; returns its line of a lock."""
    path = folder / WHEEL.format(version=version)
    info = f"tea-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tea.py", f"version = {version!r}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tea\nVersion: {version}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return f"tea=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Project:
    """A copy of the scripts with a lock of its own, cut off from every index."""

    def __init__(self, folder: Path):
        self.root = folder / "магазин чая"
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        (self.root / "requirements").mkdir()
        (self.root / "requirements/test.txt").write_text("# nothing more\n")
        self.base = self.root / "requirements/base.txt"
        self.python = self.root / ".venv/bin/python"

    def environment(self) -> dict[str, str]:
        """This one, but pip knows the folder of wheels alone."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}
        return kept | pip | {"PYTHON": sys._base_executable}

    def setup(self, what: str = "base", **extra: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["sh", "scripts/setup.sh", what],
            cwd=self.root,
            env=self.environment() | extra,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def tea(self) -> str:
        shown = subprocess.run([self.python, "-c", "import tea; print(tea.version)"], capture_output=True, text=True)
        return shown.stdout.strip()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("setup"))
    project.base.write_text(make_wheel(project.wheels, "1.0"))
    done = project.setup()
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture
def same_lock(project):
    """Leaves the project as it was set up."""
    before = project.base.read_text()
    yield
    project.base.write_text(before)
    assert project.setup().returncode == 0


def test_it_installs_the_lock(project):
    assert project.tea() == "1.0"


def test_with_nothing_changed_it_says_and_asks_nothing(project, tmp_path):
    done = project.setup(PIP_FIND_LINKS=str(tmp_path / "gone"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_lock_is_installed(project, same_lock):
    project.base.write_text(make_wheel(project.wheels, "2.0"))
    assert project.setup().returncode == 0
    assert project.tea() == "2.0"


def test_a_wrong_hash_is_refused_and_not_taken_for_done(project, same_lock):
    honest = make_wheel(project.wheels, "3.0")
    project.base.write_text(honest.split(":")[0] + ":" + "0" * 64 + "\n")
    for _ in range(2):
        done = project.setup()
        assert done.returncode != 0
        assert "could not be installed" in done.stderr
    assert project.tea() == "1.0"


def test_the_test_set_up_is_not_taken_for_done_by_the_base_one(project):
    done = project.setup("test")
    assert done.returncode == 0
    assert "requirements/test.txt" in done.stderr
    assert project.setup("test").stderr == ""
    assert project.setup("base").stderr == "", "the base is part of it"


@pytest.mark.parametrize("missing", [(), ("flock",)], ids=["flock", "no flock"])
def test_two_set_ups_at_once_both_end_well(project, same_lock, tmp_path, missing):
    project.base.write_text(make_wheel(project.wheels, f"4.{len(missing)}"))
    for name in {"cat", "dirname", "flock", "id", "mkdir", "rm", "rmdir", "sh", "sleep"}.difference(missing):
        if found := shutil.which(name):
            (tmp_path / name).symlink_to(found)
    environment = project.environment() | {"PATH": str(tmp_path)}
    both = [
        subprocess.Popen(["sh", "scripts/setup.sh"], cwd=project.root, env=environment, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate()[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted(map(bool, said)) == [False, True], "one installs, the other waits and finds it done"
    assert project.tea() == f"4.{len(missing)}"
    assert not (project.root / ".venv.lock.d").exists()


def test_a_venv_whose_interpreter_has_gone_is_made_anew(project):
    for program in project.python.parent.glob("python*"):
        program.unlink()
    project.python.symlink_to(project.root / "no such python")
    done = project.setup()
    assert done.returncode == 0, done.stderr
    assert "Making .venv" in done.stderr
    assert project.tea() == "1.0"


def test_an_unknown_word_is_refused(project):
    done = project.setup("everything")
    assert done.returncode == 2
    assert "usage" in done.stderr
