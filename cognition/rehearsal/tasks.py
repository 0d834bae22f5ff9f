"""The background tasks of rehearsals: a slice of one, and the look for those that a worker
left behind."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from cognition.rehearsal import running
from cognition.rehearsal.models import Rehearsal
from gateway.background.api import task
from gateway.background.queues import PATIENT
from gateway.background.schedule import Recurring


@task(queue_name=PATIENT)
def rehearse(pk: int, lease: str) -> None:
    """Ask for some seconds, then let another task go on."""
    if later := running.run_slice(pk, datetime.fromisoformat(lease)):
        rehearse.enqueue(pk, later.isoformat())


@task()
def take_up_rehearsals() -> None:
    """Go on with rehearsals whose worker is gone."""
    for pk, lease in running.left_behind(timezone.now()):
        rehearse.enqueue(pk, lease.isoformat())


def _has_left() -> bool:
    return bool(running.left_behind(timezone.now()))


def enqueue(rehearsal: Rehearsal) -> None:
    """Let a rehearsal run that was just begun, once its row is there."""
    lease = rehearsal.leased_until.isoformat()
    transaction.on_commit(lambda: rehearse.enqueue(rehearsal.pk, lease))


TAKE_UP = Recurring(take_up_rehearsals, timedelta(seconds=30), is_wanted=_has_left)
