"""The worker's loop: what is due is enqueued, what waits is run, until the process is told to
stop. It outlives a database that goes away; the tasks themselves are in `tasks`."""

import logging
import time

from django.db import (
    DatabaseError,
    InterfaceError,
    close_old_connections,
    connection,
)
from django.utils import timezone

from gateway.background.queues import DEFAULT, QueueAway, has_ready, worker_of
from gateway.background.schedule import enqueue_due
from gateway.background.tasks import registered
from gateway.notices.outbox import enqueue_new

logger = logging.getLogger(__name__)

RETRY_S = 2.0
LOG_EVERY_S = 30.0


class TaskWorker:
    """django-tasks-db's worker, in batches: between them the schedule is kept, and a lost
    database is waited for, which would end that worker's own loop."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._log_at = float("-inf")
        self._worker = worker_of(DEFAULT, interval_s)

    def run(self) -> None:
        """Work until SIGTERM or SIGINT: what runs then may end; exits with 0."""
        self._worker.configure_signals()
        while self._worker.running:
            is_connected = self.turn()
            if self._worker.running:  # no signal came while a task ran
                time.sleep(self._interval_s if is_connected else RETRY_S)

    def turn(self) -> bool:
        """Enqueue and run what is due (notices of changes are); say whether the database
        could be used."""
        try:
            enqueue_new()
            enqueue_due(registered(), timezone.now())
            if has_ready(DEFAULT):
                self._worker.run()
        except (DatabaseError, InterfaceError, QueueAway) as error:
            self._note(error)
            connection.close()
            return False
        close_old_connections()
        return True

    def _note(self, error: Exception) -> None:
        if time.monotonic() >= self._log_at:
            self._log_at = time.monotonic() + LOG_EVERY_S
            logger.warning(
                "Background work waits for the %s (%s: %s).",
                "queue" if isinstance(error, QueueAway) else "database",
                type(error).__name__,
                " ".join(str(error).split()),
            )
