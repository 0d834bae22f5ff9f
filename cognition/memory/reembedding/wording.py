"""How a re-embedding is said to people: how far it is, how quick, what it costs, what became
of it."""

from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.timesince import timesince

from brains.canary import rows as canaries
from brains.canary.sentences import ends_with_change
from cognition.memory.reembedding.models import Filling, ReEmbedding
from gateway.usage.words import share, usd

State = ReEmbedding.State

_MINUTE_S, _HOUR_S = 60, 3600


def title_of(plan: ReEmbedding) -> str:
    """Return what it is."""
    return (
        f"Re-embedding for {plan.name}" if plan.name else "Embedding what has no vector"
    )


def doing(plan: ReEmbedding) -> str:
    """Say in a sentence or two what it does just now, or how it ended."""
    if not plan.is_open:
        return plan.outcome
    if plan.state == State.PAUSED:
        return f"Paused. {_goal(plan)}"
    if plan.failing_since:
        return f"{failing(plan)} It is tried again by itself."
    if plan.state == State.SWITCHING:
        return (
            f"All is embedded: the models of {plan.name} are asked, then it switches."
        )
    return _goal(plan)


def failing(row: Filling) -> str:
    """Say for how long its provider has failed, and with what."""
    since = timesince(row.failing_since, depth=1) if row.failing_since else ""
    how_long = "just now" if since.startswith("0") else f"for {since}"
    return f"Failing {how_long}: {row.error}"


def pace(plan: ReEmbedding, now: datetime | None = None) -> str:
    """Say how much is done, how quick it goes and how long it takes still."""
    said = [_done(plan)]
    if speed := rate(plan, now or timezone.now()):
        said.append(
            f"{_a_second(speed)}, about {_time((plan.total - plan.done) / speed)} left"
        )
    return ", ".join(said) + "."


def rate(plan: ReEmbedding, now: datetime) -> float:
    """Return memories a second, since it went on last; 0 when it does not go on, or that is
    not known."""
    is_at_it = plan.state == State.RUNNING and not plan.failing_since
    made = plan.done - plan.paced_from
    if not is_at_it or plan.paced_since is None or made <= 0:
        return 0.0
    return made / max((now - plan.paced_since).total_seconds(), 0.001)


def cost(plan: ReEmbedding) -> str:
    """Say what it has cost so far; "" when no price is known."""
    if plan.cost_usd is None:
        return ""
    return f"Cost so far: {usd(Decimal(str(plan.cost_usd)))}."


def line(plan: ReEmbedding) -> str:
    """Say all of it, for the command line."""
    head = f"{title_of(plan)}, {plan.space}: {plan.get_state_display()}."
    parts = [head, doing(plan), pace(plan), cost(plan)]
    return " ".join(part for part in parts if part)


def _goal(plan: ReEmbedding) -> str:
    if not plan.name:
        return f"Memories get their vectors of {plan.space}."
    said = (
        f"Memories get vectors of {plan.space} beside those of {plan.from_space}, by which "
        f"they are recalled meanwhile; then {plan.name} is activated."
    )
    return f"{said} {ends_with_change(canaries.running())}".strip()


def _done(plan: ReEmbedding) -> str:
    part = share(plan.done, plan.total) if plan.total else ""
    behind = f" ({part})" if part else ""
    return f"{plan.done:,} of {plan.total:,} memories{behind}"


def _a_second(rate: float) -> str:
    return f"{rate:,.0f} a second" if rate >= 1 else f"{rate * 60:.0f} a minute"


def _time(seconds: float) -> str:
    if seconds < _MINUTE_S:
        return f"{max(seconds, 1):.0f} s"
    if seconds < _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:.1f} h"
