"""What is done when a schedule begins and ends. What a person changes meanwhile stays: a
schedule acts at its begin and its end, and does not insist."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from brains import activation
from brains.activation import Author
from brains.errors import EmbeddingLocked, PreflightFailed, RevisionNotFound
from brains.ledger import lock
from brains.preflight import gate
from brains.preflight.gate import NOTHING
from brains.schedules.models import LEFT_OUT_LENGTH, Schedule
from brains.schedules.next_turn import goes_back, next_turn, stored
from brains.selection import Snapshot

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the models of a preset said, as it was then: `problem` is why it must not become
    live, "" when it may."""

    snapshot: Snapshot
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next: which schedule begins or ends, and when."""

    schedule: Schedule
    at: datetime
    begins: bool


def take_turns(now: datetime) -> list[Schedule]:
    """End the schedule that is over, and begin the one whose time it is; of several the
    first. However many processes call this, each turn is taken once.

    The models of the one that begins are asked before, and where they do not answer it is
    left out until its next begin. That may take half a minute, in which nothing is held:
    whoever is killed then has changed nothing, and the next who calls this asks anew. Returns
    those that were left out.
    """
    schedules = stored()  # without the lock: mostly there is none
    if not schedules:
        return []
    checked = _check(next_turn(schedules, now).begins)
    with transaction.atomic():
        lock()
        turn = next_turn(stored(), now)
        if turn.ends:
            _end(turn.ends)
        if turn.begins is None:
            return []
        return [] if _begin(turn.begins, checked) else [turn.begins]


def what_comes_next(now: datetime) -> Next | None:
    """Return the next begin or end of all schedules, or None."""
    coming = [
        Next(schedule, at, begins=not schedule.hours.is_on(now))
        for schedule in Schedule.objects.filter(is_enabled=True).select_related(
            "preset"
        )
        if (at := schedule.hours.next_change(now))
    ]
    return min(coming, key=lambda one: one.at, default=None)


def left_out() -> list[Schedule]:
    """Return the schedules that were not begun the last time that their hours came."""
    rows = Schedule.objects.filter(is_enabled=True).exclude(left_out="")
    return list(rows.select_related("preset"))


def _check(wanted: Schedule | None) -> Checked | None:
    """Ask the models of a schedule that is to begin, before the lock is taken: that takes
    seconds. None where there is nothing to ask."""
    if wanted is None:
        return None
    snapshot = wanted.preset.snapshot()
    candidate = gate.to_ask(snapshot)
    if candidate is None:
        return None
    try:
        gate.admit(candidate)
    except PreflightFailed as failed:
        return Checked(snapshot, str(failed).removeprefix(f"{NOTHING} "))
    return Checked(snapshot)


def _begin(schedule: Schedule, checked: Checked | None) -> bool:
    """Begin a schedule; say whether it was not left out."""
    snapshot = schedule.preset.snapshot()
    if checked is None or checked.snapshot != snapshot:
        checked = Checked(snapshot)
        if gate.to_ask(snapshot):
            return True  # it was edited meanwhile: the next look asks anew
    before = activation.latest()
    schedule.returns_to = before.revision if before else None
    try:
        if checked.problem:
            raise PreflightFailed(checked.problem)
        author = _author(f"Schedule: {schedule}.")
        newest = activation.activate(schedule.preset, author).activation
        schedule.began_as, schedule.left_out = newest.revision if newest else 0, ""
        logger.info("A schedule begins: %s", schedule)
    except (EmbeddingLocked, PreflightFailed) as refused:
        # Its hours have begun, but it is not live: there will be nothing to end.
        schedule.began_as, schedule.left_out = 0, str(refused)[:LEFT_OUT_LENGTH]
        logger.warning("%s is left out. %s", schedule, refused)
    schedule.save(update_fields=["began_as", "returns_to", "left_out"])
    return not schedule.left_out


def _end(schedule: Schedule) -> None:
    if goes_back(schedule):
        _go_back(schedule)
    schedule.began_as = schedule.returns_to = None
    schedule.save(update_fields=["began_as", "returns_to"])
    logger.info("A schedule ends: %s", schedule)


def _go_back(schedule: Schedule) -> None:
    author = _author(f"End of: {schedule}.")
    try:
        if schedule.returns_to is None:
            activation.deactivate(author)
        else:
            activation.roll_back(schedule.returns_to, author)
    except RevisionNotFound:
        logger.warning("Revision %d is gone; nothing changes.", schedule.returns_to)
    except EmbeddingLocked as locked:
        logger.warning("%s ends, but what it made live stays. %s", schedule, locked)


def _author(reason: str) -> Author:
    return Author("Aura", reason=reason[: activation.REASON_LENGTH])
