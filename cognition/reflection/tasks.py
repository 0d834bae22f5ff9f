"""The background tasks of reflection. They carry an id alone: what is to be done, and whether
it still is, stands in its row."""

from datetime import timedelta

from cognition.reflection import job
from gateway.background.api import task
from gateway.background.queues import PATIENT
from gateway.background.schedule import Recurring

LOOK_EVERY = timedelta(seconds=10)


@task(queue_name=PATIENT)
def reflect(pk: int) -> None:
    """Let L2 reflect on a turn."""
    job.run(pk)


@task()
def take_up_left() -> None:
    """Enqueue anew what was killed, or failed and may be tried again."""
    for pk in job.take_up_left():
        reflect.enqueue(pk)


TAKE_UP = Recurring(take_up_left, LOOK_EVERY, is_wanted=job.has_left)
