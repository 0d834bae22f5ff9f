"""The background tasks of re-embedding."""

import time
from datetime import timedelta

from brains import live
from cognition.memory.reembedding import kept, working
from cognition.memory.reembedding.embedder import Embedder
from cognition.memory.reembedding.plans import TASK, is_at_work, open_plan
from gateway.background.api import task
from gateway.background.queues import PATIENT
from gateway.background.schedule import Recurring, soon

# A worker that is told to stop waits for what runs, and so do others for its lease.
WITHIN_S = 5.0
LOOK_AFTER = f"{__name__}.look_after"


@task(queue_name=PATIENT)
def reembed() -> None:
    """Go on with the plan that is open."""
    if run(WITHIN_S):
        soon(TASK)


@task(queue_name=PATIENT)
def look_after() -> None:
    """Fill the spaces that are kept, and drop those whose time is over."""
    if run(WITHIN_S):
        soon(LOOK_AFTER)


@task(queue_name=PATIENT)
def adopt_spaces() -> None:
    """Give a grace time to vectors that nothing knows of."""
    kept.adopt()


def run(within_s: float) -> bool:
    """Do what there is to do for so long; say whether there is more."""
    until = time.monotonic() + within_s
    effective = live.peek().selection
    with Embedder() as embedder:
        more = kept.look(effective, embedder, until)
        if plan := open_plan():
            more |= working.work_on(plan, effective, embedder, until)
    return more


RECURRING = (
    Recurring(reembed, timedelta(seconds=10), is_wanted=is_at_work),
    Recurring(look_after, timedelta(minutes=1)),
    Recurring(adopt_spaces, timedelta(hours=1)),
)
