"""When background tasks run. Django's Tasks API has no clock: each task has one row with the
time of its next run, and whoever moves that time on enqueues the task, in one transaction."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from gateway.background.api import Task
from gateway.background.models import Schedule

# Further ahead than any two clocks are apart: a clock stood wrong when this was written.
ABSURD = timedelta(hours=1)


@dataclass(frozen=True)
class Recurring:
    """A task and how often it runs."""

    task: "Task[[], Any]"
    every: timedelta
    is_wanted: Callable[[], bool] = lambda: True
    """Whether it has anything to do; it is not enqueued while it has not."""


def enqueue_due(recurring: Iterable[Recurring], now: datetime) -> None:
    """Enqueue what is due; each task once in its time, however many workers call this.

    Times that passed while nobody called are not made up for.
    """
    for one in recurring:
        # Looked at without a lock: mostly nothing is due.
        row = Schedule.objects.filter(name=one.task.module_path).first()
        if (row is None or _is_due(row, one, now)) and one.is_wanted():
            _enqueue(one, now)


def soon(name: str) -> None:
    """Let a recurring task, by its path, be due now: there is more for it to do. The worker
    turns to all else in between, which a task that enqueues itself would keep waiting."""
    Schedule.objects.filter(name=name).update(due_at=timezone.now())


def _is_due(row: Schedule, one: Recurring, now: datetime) -> bool:
    return not now < row.due_at <= now + one.every + ABSURD


@transaction.atomic
def _enqueue(one: Recurring, now: datetime) -> None:
    rows = Schedule.objects.select_for_update()
    row, _ = rows.get_or_create(name=one.task.module_path, defaults={"due_at": now})
    if _is_due(row, one, now):
        row.due_at = now + one.every
        row.save(update_fields=["due_at"])
        one.task.enqueue()
