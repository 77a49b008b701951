"""What operators are handed names what exists: metrics, commands, chapters; and other programs accept it."""

import json
import re
import shutil
import subprocess

import pytest
import yaml
from django.core.management import get_commands
from django.utils.text import slugify
from prometheus_client.metrics import MetricWrapperBase

from evosync.base import metrics
from evosync.metrics import Now
from tests.setup.project import ROOT
from tests.setup.test_papers import PAPERS, rows, text_of

DEPLOY = ROOT / "deploy"
OPERATIONS = ROOT / "docs" / "operations.md"
NAME = re.compile(r"`(evosync_\w+)`")


def told_by_the_code() -> dict[str, set[str]]:
    """Names of metrics as Prometheus reads them, with their labels."""
    counted = [metric for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)]
    names = {
        metric._name + ("_total" if metric._type == "counter" else ""): set(metric._labelnames) for metric in counted
    }
    return names | {family.name: {*family._labelnames} for family in Now().collect()}


def test_the_table_of_metrics_is_whole_and_right(db):
    told = told_by_the_code()
    assert len(told) > 12
    table = rows(OPERATIONS, "metric")
    assert {name for cells in table for cell in cells for name in NAME.findall(cell)} == told.keys()
    for cells in table:
        for name in NAME.findall(cells[0]):
            assert set(re.findall(r"`(\w+)`", cells[1])) >= told[name], name


def rules() -> list[dict]:
    return yaml.safe_load(text_of(DEPLOY / "alerts.yml"))["groups"][0]["rules"]


def expressions() -> list[str]:
    """All that is asked of Prometheus."""
    panels = json.loads(text_of(DEPLOY / "grafana-dashboard.json"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 10
    return [rule["expr"] for rule in rules()] + [target["expr"] for panel in panels for target in panel["targets"]]


def test_alerts_and_dashboard_ask_for_metrics_that_exist(db):
    told = told_by_the_code()
    for expression in expressions():
        asked = {name.removesuffix("_bucket") for name in re.findall(r"\bevosync_\w+", expression)}
        assert asked <= told.keys(), expression
        labels = set(re.findall(r"(\w+)=~?\"", expression))
        for grouped in re.findall(r"by \(([^)]*)\)", expression):
            labels |= set(re.split(r",\s*", grouped))
        assert labels <= {"le", "instance", "job"}.union(*(told[name] for name in asked)), expression


def test_every_alert_has_its_chapter():
    chapters = {slugify(heading) for heading in re.findall(r"^## (.+)$", text_of(OPERATIONS), re.MULTILINE)}
    told = [rule["annotations"]["runbook"].partition("#") for rule in rules()]
    assert {path for path, _, _ in told} == {"docs/operations.md"}
    assert {chapter for _, _, chapter in told} <= chapters


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_commands_that_papers_name_exist(paper):
    assert set(re.findall(r"manage\.py ([a-z_]+)", text_of(paper))) <= set(get_commands())


def accepted(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool (Debian: apt install prometheus)")
def test_prometheus_takes_the_rules():
    accepted("promtool", "check", "rules", str(DEPLOY / "alerts.yml"))


@pytest.mark.skipif(not shutil.which("caddy"), reason="no caddy (Debian: apt install caddy)")
def test_caddy_takes_its_file():
    accepted("caddy", "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile"))


@pytest.mark.parametrize("server", ["Caddyfile", "nginx.conf"])
def test_the_proxies_lead_to_the_port_of_compose(server):
    published = yaml.safe_load(text_of(ROOT / "docker-compose.yml"))["services"]["web"]["ports"][0]
    assert published.rpartition(":")[0] in text_of(DEPLOY / server)
