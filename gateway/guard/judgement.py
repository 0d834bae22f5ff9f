"""Whether a change made calls worse. Pure: two sets of figures and the limits are passed
in, a sentence comes out."""

from dataclasses import dataclass

from gateway.budgets import BUDGET_S
from gateway.guard.figures import Figures


@dataclass(frozen=True, slots=True)
class Limits:
    """When a change is taken back. `calls` is how many there must be of a revision before
    anything is concluded; noise decides nothing."""

    minutes: float = 15.0
    """How long a change is looked at."""
    calls: float = 20.0
    errors: float = 0.2
    """The share of calls that may fail, 0 to 1, and so much above that of before."""
    first_chunk: float = 2.0
    """How often a layer's budget the p95 of its first chunks may take."""
    cost: float = 5.0
    """How often what a call cost before it may cost."""


def breach(before: Figures, now: Figures, limits: Limits) -> str | None:
    """Return why a change is to be taken back, as a sentence; None when it is not."""
    if now.calls < limits.calls:
        return None
    return (
        _errors(before, now, limits)
        or _first_chunks(before, now, limits)
        or _cost(before, now, limits)
    )


def _errors(before: Figures, now: Figures, limits: Limits) -> str | None:
    allowed = limits.errors + before.error_rate
    if now.error_rate <= allowed:
        return None
    return (
        f"{now.errors} of its last {now.calls} calls failed ({now.error_rate:.0%}); before "
        f"the change {before.error_rate:.0%} did."
    )


def _first_chunks(before: Figures, now: Figures, limits: Limits) -> str | None:
    for layer, budget_s in BUDGET_S.items():
        p95_s = now.first_chunk_p95_s(layer)
        if p95_s is None or len(now.first_chunks_s[layer]) < limits.calls:
            continue
        bound_s = limits.first_chunk * budget_s
        before_s = before.first_chunk_p95_s(layer)
        # A layer that was as slow before is not mended by going back.
        if p95_s > bound_s and (before_s is None or before_s <= bound_s):
            was = "" if before_s is None else f"; before the change {_ms(before_s)}"
            return (
                f"The first chunks of {layer.upper()} took {_ms(p95_s)} (p95) where its "
                f"budget is {_ms(budget_s)}{was}."
            )
    return None


def _cost(before: Figures, now: Figures, limits: Limits) -> str | None:
    if min(len(before.costs), len(now.costs)) < limits.calls:
        return None
    cost, was = now.cost_usd, before.cost_usd
    if not cost or not was or cost <= limits.cost * was:
        return None
    return (
        f"A call cost {cost:.6f} USD on average, {cost / was:.1f} times what it cost before "
        f"({was:.6f} USD)."
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
