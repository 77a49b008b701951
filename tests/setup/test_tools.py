"""The parts that only machines read are valid: shell, image, Compose, hooks. `make check` runs the same tools."""

import re
import shlex
import subprocess
import sys

import pytest
import yaml

from tests.setup.project import ROOT, TOOLS


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]


def test_shell_scripts_are_sound():
    scripts = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "scripts").glob("*.sh"))
    assert scripts
    run(str(TOOLS / "shellcheck"), "-x", *scripts, ".ci/run")


@pytest.mark.timeout(600)
def test_types_are_right():
    run(sys.executable, "-m", "mypy")


def test_scripts_are_for_any_sh():
    for path in (ROOT / "scripts").glob("*.sh"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == ("#!/bin/sh" if path.name != "lib.sh" else first)
        run("sh", "-n", str(path))


def test_dockerfile_is_sound():
    run(str(TOOLS / "hadolint"), "Dockerfile")


def test_compose_follows_its_schema():
    run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")


def test_hooks_download_nothing():
    run(sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml")
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]
    for hook in repos[0]["hooks"]:
        assert hook["language"] == "system"
        tool = shlex.split(hook["entry"])[0]
        assert tool.startswith(".venv/bin/")
        assert (TOOLS / tool.rpartition("/")[2]).is_file()


def test_nothing_runs_before_the_tables_are_there(services):
    for name in ("web", "worker"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["migrate"]["depends_on"]["db"]["condition"] == "service_healthy"
    assert services["migrate"]["restart"] == "no"


def test_web_and_worker_share_the_pictures(services):
    for name in ("web", "worker"):
        assert "media:/app/media" in services[name]["volumes"]
        assert services[name]["environment"]["MEDIA_ROOT"] == "/app/media"
        assert services[name]["stop_grace_period"] == "60s"


def test_the_database_tells_letters_apart(services):
    assert {"--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin"} <= set(services["db"]["command"])


def test_redis_is_started_only_on_request(services):
    assert [name for name, service in services.items() if service.get("profiles")] == ["redis"]


def test_the_image_checks_hashes_and_does_not_run_as_root():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    installs = re.findall(r"pip install [^&\n]*", text)
    assert installs
    assert all("--require-hashes" in install for install in installs)
    assert re.search(r"^USER (?!0\b|root\b)\d+$", text, re.MULTILINE)
    assert "/app/default_product.png" in text
