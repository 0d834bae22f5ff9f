"""What was called, by whom, and what it cost, in a span of time: read from the roll-ups alone,
so it takes as long with a million calls as with none. How it looks is not known here."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Self

from django.db.models import Max, Q, QuerySet, Sum
from django.utils import timezone

from gateway.budgets import BUDGET_S
from gateway.models import ApiKey
from gateway.usage.first_chunk import BUCKETS, percentile_s
from gateway.usage.models import DailyUsage, HourlyUsage, RollUpMark, Usage

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_GROUP = ("layer", "model", "provider", "preset", "key_id")


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over calls. `firsts` are counts in the buckets of `first_chunk`."""

    calls: int = 0
    errors: int = 0
    fallbacks: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    cost_unknown: int = 0
    over_budget: int = 0
    firsts: tuple[int, ...] = (0,) * len(BUCKETS)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the tally of a row of sums."""
        # PostgreSQL's sums of large integers come as decimals.
        sums = {name: int(row[f"sum_{name}"]) for name in _COUNTS}
        firsts = tuple(row[f"sum_{name}"] for name in BUCKETS)
        return cls(**sums, cost_usd=Decimal(row["sum_cost_usd"]), firsts=firsts)

    def __add__(self, other: "Tally") -> "Tally":
        sums = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        firsts = zip(self.firsts, other.firsts, strict=True)
        return Tally(
            **sums,
            cost_usd=self.cost_usd + other.cost_usd,
            firsts=tuple(a + b for a, b in firsts),
        )

    @property
    def streams(self) -> int:
        """The calls that came to a first chunk."""
        return sum(self.firsts)

    def first_chunk_s(self, share: float) -> float | None:
        """Return the seconds within which `share` of the first chunks came, or None."""
        return percentile_s(self.firsts, share)


_COUNTS = (
    *("calls", "errors", "fallbacks", "input_tokens", "output_tokens"),
    *("cost_unknown", "over_budget"),
)
_SUMS = {f"sum_{name}": Sum(name) for name in (*_COUNTS, "cost_usd", *BUCKETS)}


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time, in steps that a chart has one bar for each of."""

    name: str
    title: str
    days: int
    step: timedelta

    def begin(self, now: datetime) -> datetime:
        """Return where it begins, as seen at `now`: at a midnight, in UTC."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - (self.days - 1) * DAY

    def steps(self, now: datetime) -> tuple[datetime, ...]:
        """Return the beginning of each of its steps."""
        begin = self.begin(now)
        return tuple(begin + n * self.step for n in range(self.days * DAY // self.step))


SPANS = (
    Span("today", "Today", 1, HOUR),
    Span("week", "7 days", 7, DAY),
    Span("month", "30 days", 30, DAY),
)


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page shows of one span; the mappings have most calls first."""

    total: Tally
    by_layer: Mapping[str, Tally]
    by_model: Mapping[tuple[str, str], Tally]
    """(model, provider) -> its tally"""
    by_key: Mapping[str, Tally]
    by_preset: Mapping[str, Tally]
    steps: Mapping[datetime, Tally]
    counted_until: datetime | None
    """Calls after that are not in here yet."""


def report(span: Span, now: datetime) -> Report:
    """Read what happened in `span`, which ends at `now` (in UTC)."""
    rows = _rows_since(span.begin(now), span.step)
    groups = list(rows.values(*_GROUP).annotate(name=Max("key_name"), **_SUMS))
    tallies = [(group, Tally.of(group)) for group in groups]
    names = _key_names(groups)
    mark = RollUpMark.objects.first()
    # Before a layer was known there was no model and no preset either.
    called = [(group, tally) for group, tally in tallies if group["layer"]]
    return Report(
        total=sum((tally for _, tally in tallies), Tally()),
        by_layer=_by((group["layer"], tally) for group, tally in tallies),
        by_model=_by(((g["model"], g["provider"]), tally) for g, tally in called),
        by_key=_by((names[group["key_id"]], tally) for group, tally in tallies),
        by_preset=_by((group["preset"], tally) for group, tally in called),
        steps=_steps(rows, span.steps(now)),
        counted_until=mark.at if mark else None,
    )


def _rows_since(begin: datetime, step: timedelta) -> QuerySet[Usage]:
    table: type[Usage] = HourlyUsage if step == HOUR else DailyUsage
    return table._default_manager.filter(begin__gte=begin).order_by()


def _by(tallies: Iterable[tuple[Any, Tally]]) -> dict[Any, Tally]:
    sums: dict[Any, Tally] = defaultdict(Tally)
    for name, tally in tallies:
        sums[name] += tally
    return dict(sorted(sums.items(), key=lambda item: -item[1].calls))


def _key_names(groups: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """Return the name of each key as it is now, or as it was when last used."""
    then = {group["key_id"]: group["name"] for group in groups}
    now = ApiKey.objects.filter(pk__in=then).values_list("pk", "name")
    return then | dict(now)


def _steps(rows: QuerySet[Usage], steps: Iterable[datetime]) -> dict[datetime, Tally]:
    found = {
        row["begin"]: Tally.of(row) for row in rows.values("begin").annotate(**_SUMS)
    }
    return {step: found.get(step, Tally()) for step in steps}


def of_presets(names: Iterable[str], since: datetime) -> dict[str, dict[str, Tally]]:
    """Return preset -> layer -> its tally, from the hour of `since` on."""
    begin = since.replace(minute=0, second=0, microsecond=0)
    rows = _rows_since(begin, HOUR).filter(preset__in=names).exclude(layer="")
    found: dict[str, dict[str, Tally]] = {}
    for row in rows.values("preset", "layer").annotate(**_SUMS):
        found.setdefault(row["preset"], {})[row["layer"]] = Tally.of(row)
    return found


def counted_until() -> datetime | None:
    """Return the moment up to which calls are rolled up; None before the first time."""
    return RollUpMark.objects.values_list("at", flat=True).first()


@dataclass(frozen=True, slots=True)
class Latest:
    """First chunks of a layer lately: the time within which 95 % came, how many came, and how
    many of them after the layer's budget (none where it has none)."""

    p95_s: float
    streams: int
    late: int


def latest(models: Mapping[str, str]) -> dict[str, Latest]:
    """Return layer -> how quick its model was in this hour and the one before, of the layers
    whose model streamed."""
    # Rows that begin later than two hours ago: those of two hours.
    serving = [Q(layer=layer, model=model) for layer, model in models.items()]
    rows = _rows_since(timezone.now() - 2 * HOUR, HOUR).filter(
        reduce(or_, serving, Q())
    )
    sums = rows.values("layer").annotate(**_SUMS)
    tallies = {row["layer"]: Tally.of(row) for row in sums}
    return {
        layer: found for layer, t in tallies.items() if (found := _latest(layer, t))
    }


def _latest(layer: str, tally: Tally) -> Latest | None:
    p95_s = tally.first_chunk_s(0.95)
    if p95_s is None:
        return None
    return Latest(p95_s, tally.streams, tally.over_budget if layer in BUDGET_S else 0)
