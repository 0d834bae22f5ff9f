"""A thread that looks at calls after each change, and takes a change back, once, when they
go worse than before. It runs beside the background tasks, so one process does it for all."""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from brains import activation
from brains.activation import Action
from brains.models import Activation
from gateway.guard.figures import Figures
from gateway.guard.judgement import Limits, breach
from gateway.guard.newest import BEFORE, of_revision

logger = logging.getLogger(__name__)

EVERY_S = 1.0

# What went back by itself is left alone, so nothing flaps; and so is what a person has
# looked at and confirmed.
_WATCHED = frozenset({Action.ACTIVATE, Action.EDIT, Action.ROLL_BACK})


@dataclass(frozen=True, slots=True)
class _Compared:
    """A revision under watch, what the one before it had, and when that was looked up."""

    revision: int
    before: Figures


class Guard:
    """Looks every second, for as long as a change is new."""

    def __init__(self, limits: Limits, every_s: float = EVERY_S) -> None:
        self._limits = limits
        self._every_s = every_s
        self._compared: _Compared | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guard", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(timeout_s)

    def look(self, now: datetime) -> activation.Outcome | None:
        """Judge the newest change, and take it back if it is that bad; return what came of
        it, None when nothing was done."""
        newest = activation.latest()
        if newest is None or not self._is_watched(newest, now):
            self._compared = None
            return None
        calls = of_revision(newest.revision, newest.created_at, now)
        reason = breach(self._before(newest), calls, self._limits)
        if reason is None:
            return None
        logger.warning("Going back from revision %d: %s", newest.revision, reason)
        return activation.auto_revert(newest.revision, reason)

    def _is_watched(self, newest: Activation, now: datetime) -> bool:
        age = now - newest.created_at
        is_new = age <= timedelta(minutes=self._limits.minutes)
        return newest.action in _WATCHED and is_new

    def _before(self, newest: Activation) -> Figures:
        """Return the figures of the revision before; what is over does not change."""
        if self._compared is None or self._compared.revision != newest.revision:
            since = newest.created_at - BEFORE
            before = of_revision(newest.revision - 1, since, newest.created_at)
            self._compared = _Compared(newest.revision, before)
        return self._compared.before

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self.look(timezone.now())
            except (DatabaseError, InterfaceError):
                # Said already by the worker beside it; until the database is back nothing
                # changes.
                connection.close()
            except Exception:
                logger.exception("A change could not be judged; tried again.")
        connection.close()
