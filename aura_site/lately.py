"""What the status page and `/health` say of layers whose calls went badly of late. They are in
`brains`, the figures are in `gateway`: they meet here."""

import math
from collections.abc import Sequence
from datetime import timedelta

from brains.attention import Attention
from brains.selection import Selection
from gateway.budgets import HEDGED
from gateway.usage.lately import Lately, lately
from gateway.usage.words import seconds, whole

CALLS_MIN = 20
"""Of fewer calls nothing is concluded."""
FAILS_FROM = 0.1
"""The share of calls that fail, 0 to 1, from which that is said."""

MINUTE = timedelta(minutes=1)


def attention(selection: Selection) -> Sequence[Attention]:
    """Say which layers fail or are slow, each once."""
    said = (_fails(seen) or _is_slow(seen) for seen in lately(selection))
    return [each for each in said if each]


def _fails(seen: Lately) -> Attention | None:
    if seen.calls < CALLS_MIN or seen.failed < FAILS_FROM * seen.calls:
        return None
    share = f"{100 * seen.failed / seen.calls:.0f} %"
    return Attention(
        name=seen.layer.name,
        word=f"{seen.layer.title} fails",
        reason=(
            f"{whole(seen.failed)} of the last {whole(seen.calls)} calls to "
            f"{seen.layer.title} failed ({share}), {_over(seen)}."
        ),
        hint=(
            "See Calls in the admin for their errors; activate another preset, or name "
            f"fallbacks of {seen.layer.title}."
            if seen.layer.fallback
            else "See Calls in the admin for their errors, and check the provider."
        ),
        fails=True,
    )


def _is_slow(seen: Lately) -> Attention | None:
    budget_s, p95_s = seen.budget_s, seen.p95_s
    if budget_s is None or p95_s is None or seen.streams < CALLS_MIN:
        return None
    if p95_s <= budget_s:
        return None
    measured = (
        f"over {seconds(budget_s)}, where it is given up"
        if math.isinf(p95_s)
        else seconds(p95_s)
    )
    return Attention(
        name=seen.layer.name,
        word=f"{seen.layer.title} is slow",
        reason=(
            f"The first token of {seen.layer.title} takes {measured} (p95) where {seconds(budget_s)} is its "
            f"budget: {whole(seen.late)} of its last {whole(seen.streams)} calls were late, "
            f"{_over(seen)}."
        ),
        hint=_quicker(seen),
        fails=False,
    )


def _quicker(seen: Lately) -> str:
    title = seen.layer.title
    another = f"Activate a preset with a quicker model for {title}"
    if seen.layer.name in HEDGED:
        return f"{another}, or name a fallback: it is asked beside a slow one."
    return f"{another}, or look at its provider."


def _over(seen: Lately) -> str:
    minutes = max(1, math.ceil(seen.over / MINUTE))
    return "in the last minute" if minutes == 1 else f"in the last {minutes} minutes"
