"""The Makefile is names for scripts: each target works without make."""

import re
import shutil
import subprocess

import pytest

from tests.setup.project import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
RULES = dict(re.findall(r"^([\w.-]+):[^\n=]*\n((?:\t[^\n]*\n?)*)", MAKEFILE, re.MULTILINE))
TARGETS = {name: recipe.strip() for name, recipe in RULES.items() if name != ".PHONY"}


def test_every_target_is_phony():
    phony = set(" ".join(re.findall(r"^\.PHONY:(.*)$", MAKEFILE, re.MULTILINE)).split())
    assert TARGETS.keys() == phony
    assert {"demo", "run", "test", "check", "lock", "clean", "help"} <= phony


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_only_calls_a_script(target):
    call = re.fullmatch(r"@sh (scripts/[\w-]+\.sh)(?: \$\(ARGS\)| base| test)?", TARGETS[target])
    assert call, TARGETS[target]
    assert (ROOT / call[1]).is_file()


def test_help_names_every_other_target():
    shown = subprocess.run(["sh", "scripts/help.sh"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make ([\w-]+)", shown, re.MULTILINE)) == TARGETS.keys() - {"help"}


@pytest.mark.skipif(not shutil.which("make"), reason="no make here")
@pytest.mark.parametrize("target", TARGETS)
def test_make_would_run_that_script_with_the_arguments(target):
    shown = subprocess.run(
        ["make", "--no-print-directory", "-n", target, "ARGS=-k sync"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.strip() == TARGETS[target].removeprefix("@").replace("$(ARGS)", "-k sync")


def test_ci_runs_the_test_command():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert script.startswith("#!/usr/bin/env bash\n")
    assert re.search(r"^exec make test </dev/null$", script, re.MULTILINE)
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
