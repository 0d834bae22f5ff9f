"""What both sides of a rehearsal come to, over the exchanges that the candidate was asked."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cognition.rehearsal.models import RehearsedExchange
from gateway.usage.words import seconds, usd, whole

Rows = Sequence[RehearsedExchange]
State = RehearsedExchange.State


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing of both sides, in a few words each."""

    title: str
    original: str
    candidate: str


def figures(rows: Rows) -> list[Figure]:
    """Return the summary of rows that are over; times and costs over those that both sides
    answered, so that like stands beside like."""
    answered = [row for row in rows if row.state == State.ANSWERED]
    failed = sum(row.state == State.FAILED for row in rows)
    return [
        Figure("Answered", whole(len(rows)), whole(len(answered))),
        Figure("Failed", "none are kept", whole(failed) if failed else "none"),
        *_times(answered),
        Figure(
            "Cost in all",
            _cost([row.exchange.cost_usd for row in answered]),
            _cost([row.cost_usd for row in answered]),
        ),
    ]


def _times(answered: Rows) -> Iterator[Figure]:
    before = [row.exchange.duration_s for row in answered]
    after = [row.duration_s for row in answered if row.duration_s is not None]
    for title, part in (("Median time", 0.5), ("p95 time", 0.95)):
        yield Figure(title, _rank(before, part), _rank(after, part))
    streamed = [row for row in answered if row.exchange.is_streamed]
    if streamed:
        first = [r.exchange.first_chunk_s for r in streamed if r.exchange.first_chunk_s]
        then = [r.first_chunk_s for r in streamed if r.first_chunk_s is not None]
        yield Figure("Median first token", _rank(first, 0.5), _rank(then, 0.5))


def _rank(times: list[float], part: float) -> str:
    """Return a percentile by the nearest rank."""
    if not times:
        return "–"
    return seconds(sorted(times)[math.ceil(part * len(times)) - 1])


def _cost(costs: list[float | None]) -> str:
    known = [cost for cost in costs if cost is not None]
    if not known:
        return "not known" if costs else "–"
    said = usd(Decimal(str(round(sum(known), 10))))
    unknown = len(costs) - len(known)
    return f"{said}, and {unknown} not known" if unknown else said
