"""What is done when a schedule begins and ends. What a person changes meanwhile stays: a
schedule acts at its begin and its end, and does not insist."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from brains import activation
from brains.activation import Author
from brains.errors import EmbeddingLocked, RevisionNotFound
from brains.ledger import lock
from brains.schedules.models import Schedule

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next: which schedule begins or ends, and when."""

    schedule: Schedule
    at: datetime
    begins: bool


def take_turns(now: datetime) -> None:
    """End the schedule that is over, and begin the one whose time it is; of several the
    first. However many processes call this, each turn is taken once."""
    if not Schedule.objects.exists():  # without the lock: mostly there is none
        return
    with transaction.atomic():
        lock()
        schedules = list(Schedule.objects.select_related("preset"))
        wanted = _wanted(schedules, now)
        running = next((s for s in schedules if s.began_as is not None), None)
        if running is not None and running != wanted:
            _end(running)
        if wanted is not None and wanted.began_as is None:
            _begin(wanted)


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


def _wanted(schedules: Sequence[Schedule], now: datetime) -> Schedule | None:
    on = (s for s in schedules if s.is_enabled and s.hours.is_on(now))
    return next(on, None)


def _begin(schedule: Schedule) -> None:
    before = activation.latest()
    author = Author("Aura", reason=f"Schedule: {schedule}."[: activation.REASON_LENGTH])
    try:
        newest = activation.activate(schedule.preset, author).activation
        schedule.began_as = newest.revision if newest else 0
    except EmbeddingLocked as locked:
        schedule.began_as = (
            0  # its hours have begun, but it is not live: nothing to end
        )
        logger.warning("%s is left out. %s", schedule, locked)
    schedule.returns_to = before.revision if before else None
    schedule.save(update_fields=["began_as", "returns_to"])
    logger.info("A schedule begins: %s", schedule)


def _end(schedule: Schedule) -> None:
    newest = activation.latest()
    is_untouched = newest is not None and newest.revision == schedule.began_as
    if is_untouched and schedule.returns_to != schedule.began_as:
        _go_back(schedule)
    schedule.began_as = schedule.returns_to = None
    schedule.save(update_fields=["began_as", "returns_to"])
    logger.info("A schedule ends: %s", schedule)


def _go_back(schedule: Schedule) -> None:
    author = Author("Aura", reason=f"End of: {schedule}."[: activation.REASON_LENGTH])
    try:
        if schedule.returns_to is None:
            activation.deactivate(author)
        else:
            activation.roll_back(schedule.returns_to, author)
    except RevisionNotFound:
        logger.warning("Revision %d is gone; nothing changes.", schedule.returns_to)
    except EmbeddingLocked as locked:
        logger.warning("%s ends, but what it made live stays. %s", schedule, locked)
