"""What the papers for operators say of metrics is what the code tells."""

import re

from prometheus_client.metrics import MetricWrapperBase

from evosync.base import metrics
from evosync.metrics import Now
from tests.setup.project import ROOT
from tests.setup.test_papers import rows

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
