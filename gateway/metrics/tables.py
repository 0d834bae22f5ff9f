"""The figures of a process: rows of numbers by the values of a metric's labels. How many rows
and values there may be is bounded here, whatever clients and providers send."""

from collections.abc import Iterable, Mapping

from gateway.metrics.names import BY_NAME, Metric

Labels = tuple[str, ...]
Row = list[float]
"""A counter's or gauge's one value; of a histogram a count for each bucket, the one beyond
all edges, and the sum of what was observed."""
Rows = Mapping[Labels, Row]

ROWS_MAX = 2_000
OTHER = "other"
NONE = "none"


class Table:
    """The rows of one metric. From ROWS_MAX on, new ones share the row of all "other"."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.rows: dict[Labels, Row] = {}

    def row(self, labels: Labels) -> Row:
        """Return the row of these values, a new one when there is none."""
        if found := self.rows.get(labels):
            return found
        if len(self.rows) >= ROWS_MAX:
            labels = (OTHER,) * len(labels)
        width = len(self.metric.edges) + 2 if self.metric.kind == "histogram" else 1
        return self.rows.setdefault(labels, [0] * width)

    def add(self, labels: Labels, numbers: Iterable[float]) -> None:
        """Add numbers to the row of these values."""
        row = self.row(labels)
        row[:] = [a + b for a, b in zip(row, numbers, strict=True)]


class Tables:
    """The tables of several metrics by their names."""

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}

    def of(self, metric: Metric) -> Table:
        """Return a metric's table."""
        return self._tables.setdefault(metric.name, Table(metric))

    def add(self, rows_by_name: Mapping[str, Rows]) -> None:
        """Add what another process counted."""
        for name, rows in rows_by_name.items():
            table = self.of(BY_NAME[name])
            for labels, numbers in rows.items():
                table.add(labels, numbers)

    def rows(self) -> dict[str, Rows]:
        """Return the rows by the metric's name."""
        return {name: table.rows for name, table in self._tables.items()}

    def copied(self) -> dict[str, Rows]:
        """Return the rows as they are now: later counts do not change them."""
        return {
            name: {labels: row.copy() for labels, row in table.rows.items()}
            for name, table in self._tables.items()
        }


class Vocabulary:
    """The values that one label has had. From `most` on, new ones are "other"."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def admit(self, value: str) -> str:
        """Return the value as a label shows it; "none" stands for an empty one."""
        if not value:
            return NONE
        if value not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(value)
        return value
