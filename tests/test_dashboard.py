"""The Grafana dashboard and the scrape configuration in deploy/ fit what Aura exposes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from gateway.application import ROUTES
from gateway.metrics.endpoint import Metrics
from gateway.metrics.names import BY_NAME, METRICS
from gateway.metrics.text import labels_of

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
PANELS: list[dict[str, Any]] = [p for p in DASHBOARD["panels"] if p["type"] != "row"]
TARGETS = [target for panel in PANELS for target in panel["targets"]]
ADDED_BY_SCRAPE = {"instance", "job"}
NAME = re.compile(r"\b((?:aura|gen_ai)_\w+)\b(?=\s*[{\[)]|\s*$|\s*[-+*/>])")
GROUPING = re.compile(r"\bby \(([^)]*)\) \(")


def exposed() -> dict[str, str]:
    """Every name that /metrics exposes, with its type, as the parser reads it."""
    families = text_string_to_metric_families(Metrics().text())
    return {
        f"{family.name}_total" if family.type == "counter" else family.name: family.type
        for family in families
    }


def metric_of(name: str) -> str:
    """Return the metric that a series of an expression belongs to."""
    stem, _, suffix = name.rpartition("_")
    is_part = suffix in ("bucket", "sum", "count") and stem in BY_NAME
    return stem if is_part and BY_NAME[stem].kind == "histogram" else name


def names_in(expression: str) -> list[str]:
    """Return the series that an expression reads, labels of groupings aside."""
    return [metric_of(name) for name in NAME.findall(GROUPING.sub("(", expression))]


def labels_for(name: str) -> set[str]:
    metric = BY_NAME[name]
    extra = {"le"} if metric.kind == "histogram" else set()
    return {*labels_of(metric), *extra, *ADDED_BY_SCRAPE}


def groupings(expression: str) -> Iterator[tuple[set[str], str]]:
    """Yield the labels of each `by (...)` and the expression that it groups."""
    for found in GROUPING.finditer(expression):
        depth, end = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(expression[end], 0)
            end += 1
        labels = {label.strip() for label in found[1].split(",") if label.strip()}
        yield labels, expression[found.end() : end - 1]


def by_title(title: str) -> str:
    (panel,) = (panel for panel in PANELS if panel["title"] == title)
    return " ".join(target["expr"] for target in panel["targets"])


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["expr"])
def test_every_metric_of_an_expression_is_exposed(target):
    names = names_in(target["expr"])
    assert names and set(names) <= exposed().keys()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["expr"])
def test_every_label_of_an_expression_is_one_of_its_metric(target):
    expression = target["expr"]
    for labels, grouped in groupings(expression):
        for name in names_in(grouped):
            assert labels <= labels_for(name), (labels, name)
    for name, matchers in re.findall(r"\b(\w+)\{([^}]*)\}", expression):
        used = set(re.findall(r"(\w+)\s*[=!]", matchers))
        assert used <= labels_for(metric_of(name)), (used, name)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["expr"])
def test_a_legend_names_labels_that_are_left(target):
    used = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
    expression = target["expr"]
    grouped = [labels for labels, _ in groupings(expression)]
    if expression in BY_NAME:
        grouped = [labels_for(expression)]
    assert used <= (set.intersection(*grouped) if grouped else set())


def test_counters_are_never_shown_as_they_are():
    for target in TARGETS:
        for name in set(names_in(target["expr"])):
            if BY_NAME[name].kind != "gauge":
                pattern = rf"(?:rate|increase)\({name}(?:_\w+)?(?:\{{[^}}]*\}})?\["
                assert re.search(pattern, target["expr"]), target["expr"]


def test_what_the_dashboard_promises_is_there():
    for title, name in [
        ("Requests by layer", "aura_requests_total"),
        ("Error rate by code", "aura_errors_total"),
        ("Duration by layer", "gen_ai_client_operation_duration_seconds"),
        ("Time to first token by layer", "gen_ai_server_time_to_first_token_seconds"),
        ("L1 over budget", "aura_first_chunk_over_budget_total"),
        ("Tokens per second", "gen_ai_client_token_usage"),
        ("Cost per hour", "aura_cost_usd_total"),
        ("Cost by model", "aura_cost_usd_total"),
        ("Own overhead", "aura_overhead_seconds"),
        ("In flight", "aura_in_flight"),
        ("Revision by worker", "aura_revision"),
        ("Circuit breakers", "aura_breaker_state"),
        ("Queue and spool", "aura_spool_records"),
    ]:
        panels = [panel for panel in PANELS if panel["title"] == title]
        shown = [t["expr"] for panel in panels for t in panel["targets"]]
        assert any(name in names_in(expression) for expression in shown), title
    for title in ("Duration by layer", "Time to first token by layer"):
        assert "(0.5," in by_title(title) and "(0.95," in by_title(title)
    assert "(0.99," in by_title("Own overhead")


def test_every_metric_of_calls_has_a_panel():
    shown = {name for target in TARGETS for name in names_in(target["expr"])}
    assert {metric.name for metric in METRICS} - shown == {"aura_keys", "aura_info"}


def test_the_dashboard_asks_for_its_data_source():
    (wanted,) = DASHBOARD["__inputs"]
    assert (wanted["name"], wanted["pluginId"]) == ("DS_PROMETHEUS", "prometheus")
    source = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
    assert all(panel["datasource"] == source for panel in PANELS)
    assert all(target["datasource"] == source for target in TARGETS)


def test_panels_lie_side_by_side():
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24


def test_prometheus_asks_at_the_door_with_a_key_from_a_file():
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    assert job["metrics_path"] in ROUTES
    assert job["authorization"]["type"] == "Bearer"
    assert "credentials" not in job["authorization"]


def test_the_checks_find_what_is_wrong():
    assert names_in("sum by (layer) (rate(aura_reqests_total[5m]))") == [
        "aura_reqests_total"
    ]
    assert "aura_reqests_total" not in exposed()
    [(labels, grouped)] = groupings("sum by (model) (rate(aura_errors_total[5m]))")
    assert not labels <= labels_for(*names_in(grouped))
