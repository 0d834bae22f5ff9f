"""The queues of background tasks, and the engine that takes what waits in one."""

import os
import socket

from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

DEFAULT = "default"
PATIENT = "patient"
"""For tasks that wait for models, up to minutes: several at a time, and nothing else waits
for them."""

ID_MAX = 64


class QueueAway(Exception):
    """A task could not be put where tasks wait, or taken from there."""


def worker_of(queue: str, interval_s: float) -> Worker:
    """Return django-tasks-db's worker for a queue; it ends when nothing waits there."""
    return Worker(
        queue_names=[queue],
        excluded_queue_names=[],
        interval=interval_s,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=f"{os.getpid()}@{socket.gethostname()}"[:ID_MAX],
    )


def has_ready(queue: str) -> bool:
    """Say whether a task waits in a queue. Looked at before a worker runs, which takes
    SQLite's one lock for writing each time."""
    return DBTaskResult.objects.ready().filter(queue_name=queue).exists()
