"""What is measured at a moment rather than counted call by call: who knows it says it here,
and it is asked of every worker once a second."""

import logging
import math
from collections.abc import Callable, Iterable, Mapping

from gateway.metrics.files import Snapshot
from gateway.metrics.names import BY_NAME, Metric
from gateway.metrics.tables import Labels, Row, Rows, Table

logger = logging.getLogger(__name__)

Reading = float | Mapping[Labels, float]
Source = Callable[[], Reading]


class Sources:
    """Where the values of metrics come from that no call tells of."""

    def __init__(self) -> None:
        self._sources: dict[Metric, Source] = {}
        self._failed: set[Metric] = set()

    def register(self, name: str, source: Source) -> None:
        """Read a metric from `source`, in a thread: a number, or one for each set of
        labels. A counter's is what this process counted since its start."""
        self._sources[BY_NAME[name]] = source

    def read(self) -> tuple[dict[str, Rows], dict[str, Rows]]:
        """Return what the counters and the gauges say; one that fails is left out."""
        counts: dict[str, Rows] = {}
        gauges: dict[str, Rows] = {}
        for metric, source in self._sources.items():
            rows = self._rows(metric, source)
            (counts if metric.kind == "counter" else gauges)[metric.name] = rows
        return counts, gauges

    def _rows(self, metric: Metric, source: Source) -> Rows:
        try:
            reading = source()
        except Exception:  # one that cannot be read must not hide the others
            if metric not in self._failed:
                self._failed.add(metric)
                logger.exception("The metric %s cannot be read.", metric.name)
            return {}
        values = reading if isinstance(reading, Mapping) else {(): reading}
        return {
            labels: [value] for labels, value in values.items() if math.isfinite(value)
        }


def merged(snapshots: Iterable[Snapshot]) -> dict[str, Rows]:
    """Return the gauges of all workers as they are exposed."""
    tables: dict[str, Table] = {}
    for snapshot in snapshots:
        for name, rows in snapshot.gauges.items():
            table = tables.setdefault(name, Table(BY_NAME[name]))
            for labels, row in rows.items():
                _merge(table, labels, row, snapshot.pid)
    return {name: table.rows for name, table in tables.items()}


def _merge(table: Table, labels: Labels, row: Row, pid: int) -> None:
    if table.metric.merge == "sum":
        table.add(labels, row)
    elif table.metric.merge == "each":
        table.row((*labels, str(pid)))[:] = row
    else:
        highest = table.row(labels)
        highest[0] = max(highest[0], row[0])
