"""MariaDB killed and begun anew while jobs run: the workers outlive it, and no hand work is needed."""

import os
import shutil
import subprocess
from pathlib import Path
from time import sleep

import pytest

from tests.jobs.workers import QUICK, Workers, until

# Debian keeps servers where only root looks.
PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"])

pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("mariadbd", path=PATH), reason="there is no server to begin anew"),
]


class Server:
    """A server of this test's own, whose files outlive it."""

    def __init__(self, folder: Path):
        self.socket, self.log = folder / "socket", folder / "log"
        self.options = ["--no-defaults", f"--user={os.environ.get('USER', 'root')}", f"--datadir={folder / 'data'}"]
        self.process: subprocess.Popen | None = None
        install = ["mariadb-install-db", *self.options, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(install, env=os.environ | {"PATH": PATH}, check=True, capture_output=True, timeout=120)

    @property
    def url(self) -> str:
        return f"mysql://root@localhost/evosync?unix_socket={self.socket}"

    def begin(self) -> None:
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["mariadbd", *self.options, f"--socket={self.socket}", "--skip-networking", "--performance-schema=OFF",
                 "--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin"],
                env=os.environ | {"PATH": PATH}, stdout=log, stderr=log,
            )  # fmt: skip
        assert until(lambda: "ready for connections" in self.log.read_text(), 60), self.log.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def ask(self, statement: str) -> None:
        import MySQLdb

        MySQLdb.connect(unix_socket=str(self.socket), user="root").cursor().execute(statement)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    # A socket's path is short by its kind.
    folder = tmp_path_factory.mktemp("db")
    made = Server(folder)
    made.begin()
    made.ask("CREATE DATABASE evosync CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    yield made
    made.kill()


@pytest.fixture(scope="module")
def workers(server, tmp_path_factory):
    made = Workers(tmp_path_factory.mktemp("restarts"), server.url, migrate=True)
    yield made
    made.stop()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_server_that_dies_at_an_add_loses_and_doubles_nothing(server, workers, told, when):
    """The intention is stored; the answer comes while there is no server that could keep it."""
    name = f"Чай, {when}"
    gate = workers.sandbox.gates.add(method="market.add", when=when)
    workers.put(name, "100.00")
    assert workers.sandbox.gates.wait(gate, timeout=100)
    server.kill()
    workers.sandbox.gates.release(gate, "go")
    sleep(float(QUICK["DISPATCH_SECONDS"]))
    server.begin()
    assert workers.show(name, "100.00", 100)
    assert workers.items(name) == 1


def test_the_same_workers_go_on_after_it(server, workers, told):
    assert workers.process.poll() is None
    cocoa = workers.put("Какао", "300.00")
    assert workers.show("Какао", "300.00", 100)
    server.kill()
    workers.set_price(cocoa, "310.00")
    sleep(3 * float(QUICK["DISPATCH_SECONDS"]))
    server.begin()
    assert workers.show("Какао", "310.00", 100)
