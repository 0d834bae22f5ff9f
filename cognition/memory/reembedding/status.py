"""What the status page says of vectors: the page is in `brains`, which knows no memories."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache

from django.utils import timezone

from brains.embedding_way import UnderWay
from brains.selection import Problem, Selection
from brains.space import Space, space_of
from brains.status_facts import Fact
from brains.status_state import Level
from brains.status_vectors import Progress, Vectors
from brains.wording import exact
from cognition.memory.reembedding import wording
from cognition.memory.reembedding.counts import lacking, lacking_lately
from cognition.memory.reembedding.doors import plan_url
from cognition.memory.reembedding.kept import STRAGGLERS_MAX
from cognition.memory.reembedding.models import Filling, KeptSpace, ReEmbedding
from cognition.memory.reembedding.plans import open_plan

State = ReEmbedding.State

KEPT_S = 10
"""What is counted is counted this often at most, however many look."""
SHOWN = timedelta(days=1)
"""How long a plan that is over is shown."""
PASSING = timedelta(minutes=5)
"""A provider that fails for less is nothing to mend."""


def vectors(selection: Selection) -> Vectors:
    """Say how far a re-embedding is, what lacks its vector, and what is kept."""
    now, newest = space_of(selection), ReEmbedding.objects.first()
    rows = list(KeptSpace.objects.order_by("until"))
    problems = tuple(_problems(now, newest, rows))
    return Vectors(_progress(newest), problems, _kept(now, rows))


def under_way() -> UnderWay | None:
    """Say what is open already, to who would begin another."""
    if plan := open_plan():
        said = f"{wording.title_of(plan)} is open already ({plan.get_state_display()})"
        return UnderWay(plan.preset_id, said, plan_url(plan.pk))
    return None


def _progress(plan: ReEmbedding | None) -> Progress | None:
    if plan is None or (plan.ended_at and plan.ended_at < timezone.now() - SHOWN):
        return None
    return Progress(
        title=wording.title_of(plan),
        level=_level(plan),
        done=plan.done,
        total=plan.total,
        sentence=wording.doing(plan),
        pace=wording.pace(plan),
        cost=wording.cost(plan),
        url=plan_url(plan.pk),
    )


def _level(plan: ReEmbedding) -> Level:
    if plan.state == State.DONE:
        return Level.GOOD
    if plan.state in (State.FAILED, State.PAUSED) or plan.failing_since:
        return Level.ATTENTION
    return Level.PLAIN


def _problems(
    now: Space, plan: ReEmbedding | None, rows: Sequence[KeptSpace]
) -> Iterator[Problem]:
    # An open plan is the newest one: while it is, no other begins.
    is_open = plan is not None and plan.is_open
    if plan and is_open and _fails(plan):
        reason = f"{wording.title_of(plan)}. {wording.failing(plan)}"
        hint = "Mend that; it goes on by itself. Or pause or cancel it in the admin."
        yield _problem(reason, hint)
    if plan and is_open and plan.space == now:
        return
    row = next((row for row in rows if row.space == now), None)
    if row and _fails(row):
        reason = f"Some memories have no vector of {now}. {wording.failing(row)}"
        yield _problem(reason, "Mend that; it goes on by itself.")
    elif not (row and row.is_whole) and (missing := _missing(now)) > STRAGGLERS_MAX:
        reason = f"{missing:,} memories have no vector of {now}: they are not recalled."
        hint = "Run `manage.py reembed`; the background tasks make them, at their cost."
        yield _problem(reason, hint)


def _fails(row: Filling) -> bool:
    return bool(row.failing_since and timezone.now() - row.failing_since > PASSING)


def _problem(reason: str, hint: str) -> Problem:
    return Problem("memory", "Vectors of memories", reason, hint)


def _missing(space: Space) -> int:
    return _counted(space, int(time.monotonic() / KEPT_S))


@lru_cache(maxsize=1)
def _counted(space: Space, _moment: int) -> int:
    rows = KeptSpace.objects.filter(model=space.model, dimension=space.dimension)
    row = rows.first()
    return (lacking_lately(row) if row else lacking(space)).count()


def _kept(now: Space, rows: Sequence[KeptSpace]) -> Fact | None:
    details = tuple(
        f"{row.space} until {exact(row.until)}"
        for row in rows
        if row.is_whole
        and row.until
        and row.until > timezone.now()
        and row.space != now
    )
    if not details:
        return None
    return Fact(Level.PLAIN, "Kept: going back to these is instant.", details)
