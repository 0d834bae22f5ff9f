"""What calls came to while something was live: whole hours from the roll-ups, so that a year
is as quick to read as a day; hours in which something changed from the calls themselves."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, Sum

from gateway.records.models import CallRecord
from gateway.usage.models import HourlyUsage, RollUpMark
from gateway.usage.spans import HOUR
from gateway.usage.totals import TOTALS

_NAMES = ("calls", "cost_usd", "cost_unknown")


@dataclass(frozen=True, slots=True)
class Life:
    """The calls of a revision while it was live; not `is_whole` when some of them are no
    longer kept."""

    calls: int = 0
    cost_usd: Decimal = Decimal(0)
    cost_unknown: int = 0
    is_whole: bool = True

    def __add__(self, other: "Life") -> "Life":
        return Life(
            self.calls + other.calls,
            self.cost_usd + other.cost_usd,
            self.cost_unknown + other.cost_unknown,
            self.is_whole and other.is_whole,
        )


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which a revision was live."""

    revision: int
    begin: datetime
    end: datetime

    def edges(self) -> Iterator[datetime]:
        """Yield the hours that it shares with another one."""
        yield from (_hour(self.begin), _hour(self.end))

    def inner(self, counted: datetime) -> tuple[datetime, datetime]:
        """Return from which hour on, and before which, all calls are its own and rolled up."""
        return _hour(self.begin) + HOUR, min(_hour(self.end), counted)


def lives(windows: Sequence[Window]) -> dict[int, Life]:
    """Return revision -> what came of its calls."""
    edges = {hour for window in windows for hour in window.edges()}
    hours = _rolled_up(min(edges))
    counted = _counted_until() or min(edges)
    of_edges = _called({w.revision for w in windows}, edges, counted)
    lost = _no_longer_kept(edges, hours)
    return {
        window.revision: _inner(hours, window.inner(counted))
        + of_edges.get(window.revision, Life())
        + Life(is_whole=lost.isdisjoint(window.edges()))
        for window in windows
    }


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _counted_until() -> datetime | None:
    """Return the hour before which every call is rolled up."""
    at = RollUpMark.objects.values_list("at", flat=True).first()
    return _hour(at) if at else None


def _rolled_up(since: datetime) -> dict[datetime, Life]:
    rows: Any = HourlyUsage.objects.filter(begin__gte=since).order_by().values("begin")
    sums = rows.annotate(**{f"sum_{name}": Sum(name) for name in _NAMES})
    return {row["begin"]: _life(row) for row in sums}


def _called(
    revisions: Collection[int], edges: Iterable[datetime], counted: datetime
) -> dict[int, Life]:
    """Return revision -> its calls in these hours, and all since `counted`."""
    shared = [Q(began_at__gte=e, began_at__lt=e + HOUR) for e in edges if e < counted]
    when = reduce(or_, shared, Q(began_at__gte=counted))
    calls = CallRecord.objects.filter(when, revision__in=revisions).order_by()
    sums = {f"sum_{name}": TOTALS[name] for name in _NAMES}
    groups: Any = calls.values("revision").annotate(**sums)
    return {group["revision"]: _life(group) for group in groups}


def _life(row: Mapping[str, Any]) -> Life:
    # PostgreSQL's sums of large integers come as decimals.
    return Life(
        int(row["sum_calls"]),
        Decimal(row["sum_cost_usd"]),
        int(row["sum_cost_unknown"]),
    )


def _inner(hours: Mapping[datetime, Life], span: tuple[datetime, datetime]) -> Life:
    begin, end = span
    return sum((life for at, life in hours.items() if begin <= at < end), Life())


def _no_longer_kept(
    edges: Iterable[datetime], hours: Mapping[datetime, Life]
) -> set[datetime]:
    """Return the hours that had calls, which retention took since."""
    kept = CallRecord.objects.order_by("began_at").values_list("began_at", flat=True)
    oldest = kept.first()
    return {e for e in edges if e in hours and (oldest is None or e < _hour(oldest))}
