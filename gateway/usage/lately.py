"""How the calls of what is live went lately, layer by layer: how many failed, how many came
late. Read from the newest calls themselves, a bounded number; how it is said is not known here."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from brains.layers import LAYERS, Layer
from brains.selection import Selection
from gateway.budgets import BUDGET_S, OVER_BUDGET
from gateway.guard.figures import says_nothing
from gateway.records.models import CallRecord

SPAN = timedelta(minutes=15)
CALLS_MAX = 500
"""The newest calls of a layer that are looked at: so it takes the same time on a busy day."""

_COLUMNS = (
    *("began_at", "model", "preset", "revision", "canary"),
    *("status", "error", "first_chunk_s"),
)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lately:
    """The newest calls of a layer, over `over`: `failed` of `calls` failed; `late` of `streams`
    had their first token after the layer's budget. `p95_s` is infinite where nobody waited so
    long, None without a stream."""

    layer: Layer
    over: timedelta
    calls: int
    failed: int
    streams: int
    late: int
    p95_s: float | None

    @property
    def budget_s(self) -> float | None:
        """The layer's budget; None: it has none."""
        return BUDGET_S.get(self.layer.name)


def lately(selection: Selection, now: datetime | None = None) -> list[Lately]:
    """Return what came of the newest calls of each layer that was called, those alone that
    `selection` itself served: not a canary's candidate, and no preset asked for by name."""
    now = now or timezone.now()
    found = ((layer, list(_own(layer, selection, now))) for layer in LAYERS)
    return [_came_to(layer, rows, now) for layer, rows in found if rows]


def _own(layer: Layer, selection: Selection, now: datetime) -> Iterator[Row]:
    calls = CallRecord.objects.filter(layer=layer.name, began_at__gte=now - SPAN)
    models = {selection.choice(layer.name).value, *selection.fallbacks(layer.name)}
    own = (selection.preset or "", selection.revision)
    for row in calls.order_by("-began_at").values(*_COLUMNS)[:CALLS_MAX]:
        is_own = (row["preset"], row["revision"]) == own and row["model"] in models
        if is_own and row["canary"] != "candidate":
            yield row


def _came_to(layer: Layer, rows: list[Row], now: datetime) -> Lately:
    budget_s = BUDGET_S.get(layer.name, math.inf)
    told = [row for row in rows if not says_nothing(row["status"], row["error"])]
    # One that was hung up on has a first token all the same.
    firsts = sorted(_first_s(row) for row in rows if row["first_chunk_s"] is not None)
    return Lately(
        layer=layer,
        over=now - rows[-1]["began_at"],
        calls=len(told),
        failed=sum(bool(row["error"]) for row in told),
        streams=len(firsts),
        late=sum(first_s > budget_s for first_s in firsts),
        p95_s=firsts[math.ceil(0.95 * len(firsts)) - 1] if firsts else None,
    )


def _first_s(row: Row) -> float:
    """Return the time to a first token; infinity where nobody waited for it."""
    first_s: float = row["first_chunk_s"]
    return math.inf if row["error"] == OVER_BUDGET else first_s
