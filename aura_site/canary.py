"""What the status page, the admin and the command line say of a canary's two sides. They are
in `brains`, the figures are in `gateway`: they meet here."""

import time
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from brains.canary.figures import Failing, Figure
from brains.layers import LAYERS, Layer
from gateway.canary import CANDIDATE, CONTROL
from gateway.usage.canary import CALLS_MAX, Side, Sum, sides, total
from gateway.usage.words import seconds, share, usd, whole

KEPT_S = 5
# Of fewer calls nothing is concluded; so much more of them fail, 0 to 1, where it is said.
CALLS_MIN, MARKED = 20, 0.1


def figures(since: datetime) -> tuple[Figure, ...]:
    """Say what came of both sides since then, at most KEPT_S ago."""
    return tuple(_said(*_sides(since, int(time.monotonic() / KEPT_S))))


def failing(since: datetime) -> Failing | None:
    """Return how often both sides fail, when the candidate does markedly more since then: in
    all, else in the layer where it is worst."""
    control, candidate = _sides(since, int(time.monotonic() / KEPT_S))
    if in_all := _failing(total(control), total(candidate)):
        return in_all
    found = [_of_layer(layer, control, candidate) for layer in LAYERS]
    return max(filter(None, found), key=lambda each: each.candidate, default=None)


def _of_layer(layer: Layer, control: Side, candidate: Side) -> Failing | None:
    own = layer.name
    return _failing(control.get(own, Sum()), candidate.get(own, Sum()), layer.title)


def _failing(control: Sum, candidate: Sum, title: str = "") -> Failing | None:
    if candidate.calls < CALLS_MIN:
        return None
    found = Failing(_rate(control), _rate(candidate), candidate.calls, title)
    return found if found.candidate >= found.control + MARKED else None


@lru_cache(maxsize=1)
def _sides(since: datetime, _moment: int) -> tuple[Side, Side]:
    found = sides(since)
    return found.get(CONTROL, {}), found.get(CANDIDATE, {})


def _rate(side: Sum) -> float:
    return side.errors / side.calls if side.calls else 0.0


def _said(control: Side, candidate: Side) -> Iterator[Figure]:
    one, other = total(control), total(candidate)
    calls = one.calls + other.calls
    title = f"Calls (the newest {whole(calls)})" if calls == CALLS_MAX else "Calls"
    yield Figure(title, _calls(one, calls), _calls(other, calls))
    yield Figure("Errors", _errors(one), _errors(other))
    for layer in LAYERS:
        its = [side.get(layer.name, Sum()) for side in (control, candidate)]
        if any(each.first_chunks for each in its):
            first, second = map(_first_chunk, its)
            yield Figure(f"{layer.title} first token, p50 and p95", first, second)
    yield Figure("Cost per call", _cost(one), _cost(other), is_for_staff=True)


def _calls(side: Sum, of_both: int) -> str:
    part = share(side.calls, of_both)
    return f"{whole(side.calls)} ({part})" if part else "none yet"


def _errors(side: Sum) -> str:
    errors, calls = side.errors, side.calls
    if not calls:
        return "–"
    return f"{whole(errors)} ({share(errors, calls)})" if errors else "none"


def _first_chunk(side: Sum) -> str:
    if not side.first_chunks:
        return "–"
    p50, p95 = (seconds(side.first_chunk_s(part)) for part in (0.5, 0.95))
    return f"{p50}, {p95}".replace(" m", "\u00a0m").replace(" s", "\u00a0s")


def _cost(side: Sum) -> str:
    cost = side.cost_per_call
    return "–" if cost is None else usd(cost)
