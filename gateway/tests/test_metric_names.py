"""The metrics keep Prometheus' conventions, and docs/metrics.md describes each as it is."""

import re
from pathlib import Path

import pytest

from gateway.budgets import BUDGET_S
from gateway.metrics.names import METRICS
from gateway.metrics.tables import ROWS_MAX
from gateway.metrics.text import labels_of

PAGE = (Path(__file__).parents[2] / "docs/metrics.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \|(.*?)\| \w", re.M)


def test_every_metric_is_described_with_its_type_and_labels():
    described = {
        name: (kind, tuple(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in ROW.findall(PAGE)
    }
    assert described == {m.name: (m.kind, labels_of(m)) for m in METRICS}


def test_the_page_says_the_budgets_and_bounds_that_hold():
    for layer, budget_s in BUDGET_S.items():
        assert f"`{layer}` {budget_s:g} s" in PAGE
    assert f"more than {ROWS_MAX:,} rows" in PAGE


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_and_buckets_keep_the_conventions(metric):
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert (metric.kind == "histogram") == bool(metric.edges)
    assert list(metric.edges) == sorted(set(metric.edges))
    assert len(set(metric.labels)) == len(metric.labels)
    assert metric.help.endswith(".") and "\n" not in metric.help


def test_no_two_metrics_share_a_name():
    assert len({metric.name for metric in METRICS}) == len(METRICS)
