"""A thread that lets schedules of presets begin and end. The models of one that begins are
asked first, up to half a minute: here that holds no task up."""

import logging
import threading
from datetime import datetime

from django.db import (
    DatabaseError,
    InterfaceError,
    close_old_connections,
    connection,
)
from django.utils import timezone

from brains.schedules.turns import take_turns
from gateway.background.queues import QueueAway
from gateway.notices.left_out import tell_of_left_out

logger = logging.getLogger(__name__)


class ScheduleTurns:
    """Looks every few seconds. One that is killed while models are asked has changed nothing:
    the next look, in whichever process, asks anew."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="schedule turns", daemon=True
        )

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End the thread; what it asks just now may outlast the wait."""
        self._stop.set()
        self._thread.join(timeout_s)

    def look(self, now: datetime) -> None:
        """Let what is due begin and end, and tell of what was left out. Raises what the
        database and the queue raise."""
        for schedule in take_turns(now):
            tell_of_left_out(schedule, now)

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self.look(timezone.now())
                close_old_connections()
            except (DatabaseError, InterfaceError, QueueAway):
                connection.close()  # the worker beside it waits for the same, and says so
            except Exception:
                logger.exception("A schedule could not begin or end; tried again.")
        connection.close()
