"""What the history says of the calls of each revision. The page is in `brains`, the figures
are in `gateway`: they meet here."""

from collections.abc import Mapping, Sequence

from django.utils import timezone

from brains.called import Lived
from brains.wording import counted
from gateway.usage.lives import Life, Window
from gateway.usage.lives import lives as came_to
from gateway.usage.words import usd, whole


def lives(lived: Sequence[Lived]) -> Mapping[int, str]:
    """Say of each revision how many calls came while it was live, and what they cost."""
    now = timezone.now()
    windows = [Window(each.revision, each.begin, each.end or now) for each in lived]
    return {revision: _said(life) for revision, life in came_to(windows).items()}


def _said(life: Life) -> str:
    if not life.calls:
        return "no calls" if life.is_whole else "calls no longer kept"
    calls = "1 call" if life.calls == 1 else f"{whole(life.calls)} calls"
    return f"{'' if life.is_whole else 'at least '}{calls}, {_cost(life)}"


def _cost(life: Life) -> str:
    if not life.cost_unknown:
        return usd(life.cost_usd)
    if not life.cost_usd:
        return "cost not known"
    return (
        f"{usd(life.cost_usd)} and {counted(life.cost_unknown, 'call')} of unknown cost"
    )
