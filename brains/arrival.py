"""How a change arrives: after it, people wait a moment until every living worker has taken
the new revision, and are told how many have, and who has not."""

import time
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from brains.activation import Outcome
from brains.models import Activation, Worker
from brains.wording import counted, listed
from brains.workers import alive_workers

WAIT_S = 2.0
LOOK_EVERY_S = 0.05
QUIET_S = 7.0  # workers write every 5 s
NAMED_MAX = 5


@dataclass(frozen=True, slots=True)
class Arrival:
    """Which living workers have taken `change` by `seen_at`, and which have not. One that
    is on a later revision already has gone past it."""

    change: Activation
    arrived: tuple[Worker, ...]
    behind: tuple[Worker, ...]
    seen_at: datetime

    @property
    def sentence(self) -> str:
        """What people are told; "" when no worker is there to tell of."""
        total = len(self.arrived) + len(self.behind)
        if not total:
            return ""
        revision = self.change.revision
        text = (
            f"{len(self.arrived)} of {counted(total, 'worker')} on revision {revision}"
        )
        if not self.behind:
            return f"{text}, slowest {self._slowest_s:.1f} s."
        waited_s = (self.seen_at - self.change.created_at).total_seconds()
        return f"{text}. Behind after {waited_s:.1f} s: {self._late}."

    @property
    def _slowest_s(self) -> float:
        began = self.change.created_at
        took = ((w.switched_at - began).total_seconds() for w in self.arrived)
        return max(0.0, *took)  # the clock of another node may be behind

    @property
    def _late(self) -> str:
        named = [self._still(worker) for worker in self.behind[:NAMED_MAX]]
        more = len(self.behind) - len(named)
        return listed([*named, *([f"{more} more"] if more else [])])

    def _still(self, worker: Worker) -> str:
        silent_s = (self.seen_at - worker.seen_at).total_seconds()
        silent = f", silent for {silent_s:.0f} s" if silent_s > QUIET_S else ""
        return f"{worker} (still on revision {worker.revision}{silent})"


def after(outcome: Outcome) -> str:
    """Wait until every living worker serves what a change made live, 2 s at most, and say
    it as a sentence; "" when nothing changed, or no worker is there to wait for.

    Call it outside of the transaction of the change: workers cannot see it before its end.
    """
    if not outcome.changed or outcome.activation is None:
        return ""
    try:
        return _arrival(outcome.activation).sentence
    except (DatabaseError, InterfaceError):
        return ""  # the change is made; who has taken it is not known now


def _arrival(change: Activation) -> Arrival:
    ends = time.monotonic() + WAIT_S
    while (seen := _look(change)).behind and time.monotonic() < ends:
        time.sleep(LOOK_EVERY_S)
    return seen


def _look(change: Activation) -> Arrival:
    alive = alive_workers()
    behind = tuple(w for w in alive if w.revision < change.revision)
    arrived = tuple(w for w in alive if w.revision >= change.revision)
    return Arrival(change, arrived, behind, timezone.now())
