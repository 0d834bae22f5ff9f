"""Background tasks in Redis, by AURA_TASKS=redis: what puts them there, and what takes them.
Its packages are installed for that alone, so nothing else imports this."""

from typing import Any

import django_rq
from django.db import close_old_connections
from django_tasks.signals import task_finished, task_started
from django_tasks_rq import Job, RQBackend
from redis.exceptions import RedisError
from rq import SimpleWorker

from gateway.background.queues import DEFAULT, PATIENT, QueueAway


class RedisBackend(RQBackend):
    """django-tasks-rq's, which says in our words that Redis does not answer."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Put a task into its queue. Raises QueueAway."""
        try:
            return super().enqueue(task, args, kwargs)
        except RedisError as error:
            raise QueueAway(
                f"Redis does not answer ({type(error).__name__})."
            ) from error


def work() -> None:
    """Do tasks, one at a time, until SIGTERM or SIGINT; what runs then may end.

    Raises QueueAway when Redis does not answer at the start; later it is waited for.
    """
    for moment in (task_started, task_finished):
        moment.connect(_close_old_connections)
    try:
        queues = django_rq.queues.get_queues(DEFAULT, PATIENT, job_class=Job)
        worker = SimpleWorker(queues, connection=queues[0].connection, job_class=Job)
        worker.work(logging_level="WARNING")
    except RedisError as error:
        raise QueueAway(f"Redis does not answer ({type(error).__name__}).") from error


def _close_old_connections(**_: Any) -> None:
    """As between requests: the database may have been away since the last task."""
    close_old_connections()
