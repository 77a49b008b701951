"""with-mariadb.sh: a server of its own, and nothing left of it however the script ends."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.setup.project import ROOT

SERVER_PATH = os.environ["PATH"] + ":/usr/sbin"
needs_server = pytest.mark.skipif(
    not all(shutil.which(name, path=SERVER_PATH) for name in ("mariadbd", "my_print_defaults")),
    reason="no MariaDB server here",
)
# Starting a server is dear: one at a time.
pytestmark = pytest.mark.xdist_group("own_server")

TELL = "import os; print(os.environ['TEST_DATABASE_URL'], flush=True)"
ASK = """
import os
from urllib.parse import parse_qs, urlsplit
import MySQLdb
socket = parse_qs(urlsplit(os.environ["TEST_DATABASE_URL"]).query)["unix_socket"][0]
cursor = MySQLdb.connect(user="root", unix_socket=socket, charset="utf8mb4").cursor()
cursor.execute("SELECT @@skip_networking, @@collation_server, TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP, NOW()), @@datadir")
print(*cursor.fetchone(), sep="|")
"""


def start(*command: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        ["sh", "scripts/with-mariadb.sh", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True, **options
    )


def folder_of(url: str) -> Path:
    return Path(url.strip().partition("unix_socket=")[2]).parent


def servers(folder: Path) -> list[str]:
    """Processes that were started with the folder's name in their arguments."""
    found = []
    for arguments in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = arguments.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def assert_gone(folder: Path, within: float = 20) -> None:
    until = time.monotonic() + within
    while (folder.exists() or servers(folder)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not folder.exists()
    assert servers(folder) == []


@needs_server
def test_the_command_finds_a_server_that_is_shut_to_the_network_and_in_moscow_time():
    pytest.importorskip("MySQLdb")
    process = start(sys.executable, "-c", ASK)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    networkless, collation, minutes, data = told.strip().split("|")
    assert (networkless, collation, minutes) == ("1", "utf8mb4_bin", "180")
    assert not Path(data).exists()


@needs_server
@pytest.mark.parametrize("code", [0, 1, 5])
def test_with_the_command_the_server_ends_and_its_code_is_the_scripts(code):
    process = start(sys.executable, "-c", f"{TELL}; raise SystemExit({code})")
    told, _ = process.communicate(timeout=60)
    assert process.returncode == code
    # At once: the script waits until nothing is left.
    assert_gone(folder_of(told), within=0)


@needs_server
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_killed_process_group_leaves_nothing(sent):
    process = start(sys.executable, "-c", f"{TELL}; import time; time.sleep(60)", start_new_session=True)
    folder = folder_of(process.stdout.readline())
    assert folder.exists() and servers(folder)
    os.killpg(process.pid, sent)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert_gone(folder)


@needs_server
def test_a_killed_script_leaves_nothing():
    process = start(sys.executable, "-c", f"{TELL}; import time; time.sleep(3)")
    folder = folder_of(process.stdout.readline())
    process.kill()
    process.wait(timeout=60)
    assert_gone(folder)
    process.stdout.close()


def test_without_a_server_it_says_what_to_install(tmp_path):
    for name in ("sh", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name))
    (tmp_path / "scripts").mkdir()
    for name in ("with-mariadb.sh", "lib.sh"):
        text = (ROOT / "scripts" / name).read_text(encoding="utf-8")
        (tmp_path / "scripts" / name).write_text(text.replace("/usr/", "/nowhere/"), encoding="utf-8")
    done = subprocess.run(
        ["sh", "scripts/with-mariadb.sh", "true"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 69
    assert "mariadbd is missing" in done.stderr and "apt install mariadb-server-core" in done.stderr
