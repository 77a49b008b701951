"""`demo` and `run` as processes of their own, in a copy of the project whose `var/demo` is nobody else's."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import requests

from evosync.sandboxed import EMAIL, PASSWORD
from evosync.supervising import run_together
from sandbox import seed
from sandbox.server import Sandbox
from tests.operating import TOKENS

# They share what the first of them has set up.
pytestmark = pytest.mark.xdist_group("demo")

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "var", "tests", "docs", "__pycache__")
KEYS = {"SECRET_KEY": "k" * 60, "FIELD_ENCRYPTION_KEYS": "dGVzdC1rZXktb2YtZXZvc3luYy0zMi1ieXRlcy1sbmc="}
# What an installation of this machine may say, and a demo must not hear.
HOSTILE = (
    "DATABASE_URL=mysql://nobody@127.0.0.1:1/none\nEVOTOR_API_URL=http://127.0.0.1:1\nVK_API_URL=http://127.0.0.1:1\n"
)


class Project:
    """A copy of the project, with few goods in its sandbox."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.copytree(ROOT, folder, ignore=LEFT_OUT, ignore_dangling_symlinks=True)
        shutil.copy(ROOT / ".env.example", folder)
        (folder / ".env").write_text(HOSTILE)
        with self.sandbox(empty=True) as sandbox:
            for number in range(5):
                fields = {"name": f"Товар номер {number:02}", "price": "10.00", "allow_to_sell": True, "quantity": 3}
                sandbox.evotor.put_product(seed.STORE_ID, fields)

    def sandbox(self, **options) -> Sandbox:
        return Sandbox(self.folder / "var" / "demo" / "sandbox", **options)

    def window(self) -> list[dict]:
        """What is in VK: the state that the sandbox has kept."""
        with self.sandbox() as sandbox:
            return sandbox.vk.items(seed.VK_GROUP_ID)

    def start(self, *words: str, **environment: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, str(self.folder / "manage.py"), *words],
            # From anywhere, as an operator may.
            cwd=self.folder.parent,
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess:
        process = self.start(*words, **environment)
        return ended(process)

    def processes(self) -> list[str]:
        """Command lines that name this project, of processes that still run."""
        lines = []
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                lines.append(file.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
            except OSError:
                continue
        return [line for line in lines if str(self.folder) in line]


def ended(process: subprocess.Popen) -> subprocess.CompletedProcess:
    out, err = process.communicate(timeout=90)
    assert "Traceback" not in out + err, err
    assert not [token for token in TOKENS if token in out + err]
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def told_until(process: subprocess.Popen, last: str) -> str:
    """What it writes until it says `last`; killed, should it never."""
    alarm = threading.Timer(60, process.kill)
    alarm.start()
    told = ""
    try:
        for line in process.stdout:
            told += line
            if last in line:
                return told
    finally:
        alarm.cancel()
    pytest.fail(f"it ended: {told}{process.stderr.read()}")


def answers(session: requests.Session, url: str, tries: int = 100) -> requests.Response:
    """The page, once the server is up."""
    for _try in range(tries):
        try:
            return session.get(url, timeout=60)
        except requests.ConnectionError:
            threading.Event().wait(0.1)
    pytest.fail(f"{url} does not answer")


def listens(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((urlsplit(url).hostname, urlsplit(url).port)) == 0


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project") / "evosync")


@pytest.fixture
def busy():
    """A port that somebody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def demos(project):
    """The demo, run twice; what VK held after each, and who was left running."""
    return [(project.run("demo"), project.window(), project.processes()) for _time in range(2)]


def test_the_demo_brings_the_till_to_the_window(demos):
    done, window, _running = demos[0]
    assert done.returncode == 0, done.stderr
    assert sorted(item["name"] for item in window) == [f"Товар номер {number:02}" for number in range(5)]
    assert "created 5" in done.stdout and "On the showcase" in done.stdout and "make run" in done.stdout
    assert "ConnectionError" not in done.stderr


def test_the_demo_run_again_changes_nothing(demos):
    (_first, before, _none), (done, after, _running) = demos
    assert done.returncode == 0, done.stderr
    assert after == before
    assert "created" not in done.stdout and "changed" not in done.stdout and "confirmed 5" in done.stdout


def test_the_demo_leaves_nothing_running(demos):
    assert [running for _done, _window, running in demos] == [[], []]


def visit(base: str) -> dict[str, requests.Response]:
    """The pages that a person looks at first, signed in with the demo's login."""
    browser = requests.Session()
    login = answers(browser, f"{base}/login")
    form = {"login": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    profile = browser.post(f"{base}/login", data=form, headers={"Referer": f"{base}/login"}, timeout=60)
    pages = {path: answers(browser, f"{base}/{path}") for path in ("till", "window")}
    return {"login": login, "profile": profile} | pages


@pytest.fixture(scope="module")
def site(project, demos):
    """`run --sandbox` after the demo, with the ports that it would like taken, until a signal ends it."""
    with ExitStack() as takers:
        for port in (8000, 8010):
            with suppress(OSError):
                takers.enter_context(socket.create_server(("127.0.0.1", port)))
        process = project.start("run", "--sandbox")
        takers.callback(process.kill)
        told = told_until(process, "Stop with Ctrl-C.")
        base = re.search(r"Site: +(http://localhost:\d+)\n", told)[1]
        seen = SimpleNamespace(told=told, base=base, pages=visit(base), running=project.processes())
        seen.second = project.run("demo")
        seen.alive = process.poll() is None
        process.send_signal(signal.SIGTERM)
        seen.end = ended(process)
        seen.left = project.processes()
        return seen


def test_run_with_the_sandbox_tells_where_all_is(site):
    port = urlsplit(site.base).port
    assert port not in (8000, 8010) and f"Port 8000 is taken, so the site is at {port}." in site.told
    assert EMAIL in site.told and PASSWORD in site.told
    assert f"{site.base}/till" in site.told and f"{site.base}/window" in site.told


def test_run_with_the_sandbox_serves_the_site_its_till_and_its_window(site):
    assert site.pages["login"].status_code == 200
    assert site.pages["profile"].url == f"{site.base}/profile" and EMAIL in site.pages["profile"].text
    for path in ("till", "window"):
        page = site.pages[path]
        assert page.status_code == 200 and page.url.endswith(f"/{path}") and not page.url.startswith(site.base)
        assert "Товар номер 03" in page.text


def test_a_second_demo_beside_it_is_refused_in_words(site):
    assert site.second.returncode == 1
    assert "Another demo is at work" in site.second.stderr
    assert site.alive


def test_a_signal_stops_everything(site):
    assert len(site.running) >= 4
    assert (site.end.returncode, site.left) == (0, [])
    assert not listens(site.base)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's end")
def test_killed_outright_it_leaves_nothing_either(project, demos):
    process = project.start("run", "--sandbox")
    told_until(process, "Stop with Ctrl-C.")
    process.kill()
    process.communicate(timeout=60)
    for _wait in range(200):
        if not project.processes():
            break
        threading.Event().wait(0.1)
    assert project.processes() == []


def test_run_alone_starts_no_sandbox(project, demos):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    base, var = f"http://localhost:{port}", str(project.folder / "var" / "demo")
    process = project.start("run", BASE_URL=base, READ_DOTENV="0", VAR_DIR=var, **KEYS)
    told = told_until(process, "Stop with Ctrl-C.")
    try:
        assert answers(requests.Session(), f"{base}/login").status_code == 200
        assert answers(requests.Session(), f"{base}/till").status_code == 404
        assert "Window" not in told and PASSWORD not in told
        assert not [line for line in project.processes() if " sandbox " in line]
    finally:
        process.send_signal(signal.SIGINT)
    assert ended(process).returncode == 0
    assert project.processes() == []


def test_run_at_a_port_that_is_taken_says_so(project, tmp_path, busy):
    environment = {"BASE_URL": f"http://localhost:{busy}", "READ_DOTENV": "0", "VAR_DIR": str(tmp_path)}
    done = project.run("run", **environment, **KEYS)
    assert done.returncode == 1
    assert done.stderr.startswith(f"CommandError: Port {busy} of BASE_URL is taken")


def test_run_without_keys_says_how_to_make_them(project, tmp_path):
    done = project.run("run", READ_DOTENV="0", VAR_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "SECRET_KEY is empty" in done.stderr and "token_urlsafe" in done.stderr


@pytest.mark.parametrize("words", [("sync",), ("add_merchant", "anna@example.com"), ("add_staff", "anna@example.com")])
def test_a_database_without_tables_is_told_in_a_sentence(project, tmp_path, words):
    done = project.run(*words, READ_DOTENV="0", VAR_DIR=str(tmp_path), **KEYS)
    assert done.returncode == 1 and "migrate" in done.stderr


def program(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_when_one_program_ends_the_others_are_stopped_and_its_code_is_told(tmp_path, capsys):
    mark = tmp_path / "left"
    sleeper = f"import time; time.sleep(30); open({str(mark)!r}, 'w')"
    began = monotonic()
    assert run_together({"long": program(sleeper), "short": program("raise SystemExit(7)")}) == 7
    assert run_together({"long": program(sleeper), "short": program("pass")}) == 1
    assert run_together({"killed": program("import os; os.kill(os.getpid(), 9)")}) == 137
    assert monotonic() - began < 20 and not mark.exists()
    assert "short has ended with code 7: stopping the rest." in capsys.readouterr().err


def test_a_program_that_cannot_be_started_leaves_none_behind(monkeypatch):
    started = []

    class Noted(subprocess.Popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    with pytest.raises(FileNotFoundError):
        run_together({"first": program("import time; time.sleep(30)"), "second": ["/no/such/program"]})
    assert [process.poll() for process in started] == [-signal.SIGTERM]
