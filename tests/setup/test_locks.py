"""The locks: any index or mirror serves them, every file is checked by hash, the demo compiles nothing."""

import re

import pytest

from tests.setup.project import ROOT

LOCKS = ("base", "mariadb", "test")
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
ADDRESS = re.compile(r"://|file:|--index|--extra-index|--find-links|^-[if]\s|@\s|[ =]/\w|[A-Za-z]:\\", re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / "requirements" / name).read_text(encoding="utf-8")


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> dict[str, str]:
    found = (PIN.match(line) for line in text(lock).splitlines())
    return {normalised(pin["name"]): pin["version"] for pin in found if pin}


def wishes(name: str) -> set[str]:
    lines = (line.split("#")[0].strip() for line in text(name).splitlines())
    return {normalised(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in lines if line and not line.startswith("-")}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock):
    assert not ADDRESS.search(text(f"{lock}.txt"))


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.org/simple",
        "--find-links wheels",
        "-f wheels",
        "-i https://example.org",
        "django @ file:///srv/django.whl",
        "    # from https://example.org/simple",
        "    # via -r /srv/base.in",
    ],
)
def test_an_address_would_be_seen(line):
    assert ADDRESS.search(f"django==6.1 \\\n{line}\n")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_nothing_else_stands_in_a_lock(lock):
    entries = re.split(r"\n(?=[^\s#])", text(f"{lock}.txt").strip())
    assert entries
    for entry in entries:
        assert PIN.match(entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_all_that_is_asked_for(lock):
    assert wishes(f"{lock}.in") <= pins(f"{lock}.txt").keys()


def test_the_demo_and_the_tests_do_not_need_mysqlclient():
    assert "mysqlclient" not in text("base.txt").lower()
    assert "mysqlclient" not in text("test.txt").lower()


def test_base_and_test_install_together():
    base, test = pins("base.txt"), pins("test.txt")
    assert {name: base[name] for name in base.keys() & test.keys()} == {
        name: test[name] for name in base.keys() & test.keys()
    }
