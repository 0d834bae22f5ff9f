"""The background tasks of re-embedding."""

import time
from datetime import timedelta

from brains import live
from cognition.memory.reembedding import kept, working
from cognition.memory.reembedding.embedder import Embedder
from cognition.memory.reembedding.plans import TASK, open_plan
from gateway.background.api import task
from gateway.background.schedule import soon

# Other tasks wait while it runs, such as L2's of a turn: so it does a little at a time.
WITHIN_S = 5.0
EVERY = timedelta(seconds=15)


@task
def reembed() -> None:
    """Fill what lacks vectors: the spaces that are kept, and that of the plan that is open."""
    if run(WITHIN_S):
        soon(TASK)


@task
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
