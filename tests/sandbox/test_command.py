"""`manage.py sandbox` as a process, and the wall around the room."""

import ast
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox import seed

ROOT = Path(__file__).parents[2]
APPS = {"accounts", "catalog", "connections", "evosync", "orders", "vkmarket", "webhooks"}


def start(*args: str, **options) -> subprocess.Popen:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "manage.py", "sandbox", *args]
    return subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_its_address_serves_and_stops_cleanly(tmp_path, sign):
    process = start("--port", "0", "--directory", str(tmp_path), "--print-json")
    try:
        told = json.loads(process.stdout.readline())
        assert told["evotor_url"] == f"{told['url']}/evotor"
        assert (told["vk_token"], told["vk_group"]) == (seed.VK_TOKEN, seed.VK_GROUP_ID)
        headers = {"Authorization": f"Bearer {told['evotor_token']}"}
        assert len(requests.get(f"{told['evotor_url']}/stores", headers=headers, timeout=5).json()["items"]) == 2
        process.send_signal(sign)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "", "")
        assert (tmp_path / "state.jsonl").exists()
    finally:
        process.kill()


def test_a_busy_port_is_one_clear_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = start("--port", port, "--directory", str(tmp_path))
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert len(err.strip().splitlines()) == 1
    assert f"127.0.0.1:{port}" in err


def test_a_folder_without_a_shop_is_one_clear_line(tmp_path):
    process = start("--port", "0", "--directory", str(tmp_path / "state"), "--load", str(tmp_path))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert len(err.strip().splitlines()) == 1
    assert "stores.json" in err


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_sandbox_imports_no_app():
    for path in (ROOT / "sandbox").rglob("*.py"):
        assert not imports(path) & APPS, path


def test_no_app_but_evosync_imports_the_sandbox():
    for app in APPS - {"evosync"}:
        for path in (ROOT / app).rglob("*.py"):
            assert "sandbox" not in imports(path), path


def test_it_runs_without_django_set_up():
    code = "from sandbox.server import Sandbox; import urllib.request as r\n"
    code += "with Sandbox() as s: print(r.urlopen(s.url + '/till').status, r.urlopen(s.url + '/window').status)"
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("200 200", "")


def test_no_world_reads_a_clock():
    """Only the shell and the saver may ask what time it is."""
    for path in (ROOT / "sandbox").glob("*.py"):
        if path.name in ("server.py", "handler.py", "saving.py"):
            continue
        text = path.read_text(encoding="utf-8")
        assert "datetime.now" not in text, path
        assert "time.time" not in text, path
