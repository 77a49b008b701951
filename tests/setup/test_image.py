"""The steps of the image and of the Compose file, by their own words, in a clean folder: no Docker is needed for it."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from time import monotonic, sleep
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
import yaml

from tests.setup.project import ROOT, TOOLS, files
from tests.setup.test_env_example import ENTRY

pytestmark = [pytest.mark.both_databases, pytest.mark.xdist_group("image")]
VOLUMES = ("keys", "media", "metrics")


def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


class Image:
    """A folder as `COPY . .` fills it, and the environment of the Compose file with an unedited .env."""

    def __init__(self, folder: Path, database: str):
        self.folder, self.log = folder / "app", folder / "log"
        left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        for path in files():
            name = path.relative_to(ROOT)
            if not any(fnmatch(name.parts[0], pattern) for pattern in left_out):
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, self.folder / name)
        for name in VOLUMES:
            (self.folder / name).mkdir()
        self.env = {"PATH": f"{TOOLS}:{os.environ['PATH']}"} | unedited() | self.of_compose()
        self.env |= {"DATABASE_URL": database, "METRICS_TOKEN": "0f3c", "PYTHONDONTWRITEBYTECODE": "1"}

    def of_compose(self) -> dict[str, str]:
        """Variables as Compose would fill them in from nothing, /app being our folder."""
        return {
            name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value).replace("/app", str(self.folder))
            for name, value in compose()["web"]["environment"].items()
        }

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            command, cwd=self.folder, env=self.env | more, capture_output=True, text=True, timeout=300
        )

    @contextmanager
    def running(self, *command: str):
        with self.log.open("a") as log:
            process = subprocess.Popen(command, cwd=self.folder, env=self.env, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, self.log.read_text()

    def everything(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}


def unedited() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if ENTRY.match(line) and not line.startswith("#"))


def get(url: str) -> tuple[int, str]:
    try:
        with urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()
    except URLError:
        return 0, ""


def until(true, seconds: float = 120) -> bool:
    end = monotonic() + seconds
    while monotonic() < end:
        if true():
            return True
        sleep(0.3)
    return False


@pytest.fixture
def image(tmp_path, own_database) -> Image:
    return Image(tmp_path, own_database)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


# Seven programs of half a minute's work in all; on a busy machine it takes minutes.
@pytest.mark.timeout(600)
def test_the_containers_of_an_unedited_env_come_up_and_go_down(image):
    assert image.env["SECRET_KEY"] == image.env["FIELD_ENCRYPTION_KEYS"] == ""
    (build,) = re.findall(r"^RUN (DEBUG=true .*)$", dockerfile(), re.MULTILINE)
    collect, compile_all = [step.strip() for step in build.split("&&")][:2]
    for step in (collect, compile_all):
        done = image.run("sh", "-c", step, KEYS_DIR="", METRICS_TOKEN="")
        assert done.returncode == 0, done.stderr
    assert (image.folder / "var" / "static" / "admin").is_dir()
    built = image.everything()

    migrate = [word.replace("$$", "$") for word in compose()["migrate"]["command"]]
    done = image.run(*migrate, METRICS_TOKEN="")
    assert done.returncode == 0, done.stderr
    keys = {file.name: file.read_text() for file in (image.folder / "keys").iterdir()}
    assert keys.keys() == {"secret_key", "field_encryption_keys"}

    port = free_port()
    serve = json.loads(re.search(r"^CMD (.*)$", dockerfile(), re.MULTILINE)[1])
    serve = [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in serve]
    site = f"http://127.0.0.1:{port}"
    check_web = [*compose()["web"]["healthcheck"]["test"][1:], site]
    assert image.run(*check_web).returncode != 0
    with image.running(*serve):
        assert until(lambda: get(f"{site}/health")[0] == 503), image.log.read_text()
        # The worker is missing, which is no fault of this container.
        assert image.run(*check_web).returncode == 0
        check_worker = compose()["worker"]["healthcheck"]["test"][1:]
        with image.running(*compose()["worker"]["command"]):
            assert until(lambda: get(f"{site}/health")[0] == 200), image.log.read_text()
            assert image.run(*check_worker).returncode == 0
            status, page = get(f"{site}/login")
            assert status == 200
            static = re.search(r'"(/static/[^"]+\.css)"', page)[1]
            assert get(site + static)[0] == 200
        assert get(f"{site}/health")[0] == 503
    assert image.run(*check_web).returncode != 0

    lines = image.log.read_text().splitlines()
    assert lines and all(json.loads(line) for line in lines)
    assert not any(key in line for line in lines for key in keys.values())
    # The root is read-only there. SQLite's file would lie elsewhere, too.
    assert {name for name in image.everything() - built if name.split("/")[0] not in VOLUMES} == set()


def test_nothing_of_this_machine_is_copied_into_it(image):
    names = image.everything()
    assert not [name for name in names if name.startswith((".env", "var/", "tests/", ".git/"))]
    assert {"manage.py", "gunicorn.conf.py", "run/check_web.py"} <= names


def test_what_the_containers_may_write_is_theirs_and_little():
    services = compose()
    for name in ("migrate", "web", "worker"):
        service = services[name]
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"] and service["tmpfs"] == ["/tmp"]
    for name in ("web", "worker"):
        assert set(services[name]["volumes"]) == {"keys:/app/keys:ro", "media:/app/media", "metrics:/app/metrics"}
    (owned,) = re.findall(r"chown evosync:evosync ([\w ]+?)\s+&&", dockerfile())
    assert tuple(shlex.split(owned)) == VOLUMES


def test_the_image_is_built_once_before_whoever_runs_it():
    """Compose builds side by side, and two builds of one name fail on a machine that has none of it yet."""
    services = {name: one for name, one in compose().items() if one["image"] == "evosync"}
    builders = [name for name, one in services.items() if "build" in one]
    assert builders == ["migrate"]
    for name in services.keys() - builders:
        assert services[name]["pull_policy"] == "never" and "migrate" in services[name]["depends_on"]


def test_only_this_machine_reaches_the_port_and_nobody_the_database():
    services = compose()
    assert services["web"]["ports"] == ["127.0.0.1:8080:8000"]
    assert [name for name, service in services.items() if "ports" in service] == ["web"]
