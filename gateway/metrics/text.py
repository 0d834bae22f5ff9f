"""Figures as Prometheus' text format, version 0.0.4. prometheus_client writes the same at
twenty times the cost, on the event loop's own core; its parser checks this in the tests."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from gateway.metrics.names import METRICS, Metric
from gateway.metrics.tables import Labels, Row, Rows

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def text_of(rows_by_name: Mapping[str, Rows]) -> str:
    """Return every metric, those without figures as well."""
    lines = (
        line
        for metric in METRICS
        for line in _lines(metric, rows_by_name.get(metric.name, {}))
    )
    return "\n".join(lines) + "\n"


def labels_of(metric: Metric) -> tuple[str, ...]:
    """Return the labels as they are exposed, `le` aside."""
    return (*metric.labels, "pid") if metric.merge == "each" else metric.labels


def _lines(metric: Metric, rows: Rows) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} {metric.kind}"
    names = labels_of(metric)
    for labels, row in rows.items():
        shown = _shown(names, labels)
        if metric.kind == "histogram":
            yield from _histogram(metric, shown, row)
        else:
            yield f"{metric.name}{_braced(shown)} {row[0]}"


def _histogram(metric: Metric, shown: str, row: Row) -> Iterator[str]:
    *counts, total = row
    begin = f"{metric.name}_bucket{{{shown}{',' if shown else ''}le="
    for edge, count in zip((*metric.edges, "+Inf"), accumulate(counts), strict=True):
        yield f'{begin}"{edge}"}} {count}'
    yield f"{metric.name}_sum{_braced(shown)} {total}"
    yield f"{metric.name}_count{_braced(shown)} {sum(counts)}"


def _shown(names: Iterable[str], labels: Labels) -> str:
    return ",".join(
        f'{name}="{value.translate(_ESCAPES)}"'
        for name, value in zip(names, labels, strict=True)
    )


def _braced(shown: str) -> str:
    return f"{{{shown}}}" if shown else ""
