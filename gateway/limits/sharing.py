"""What keys have used, shared between workers: one thread of each tells the database what
this worker counted, and learns what all of them did. While nothing is used it sleeps."""

import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, connection

from brains.busy import is_busy
from gateway.limits.key_limits import LIMITS, KeyLimits
from gateway.limits.rows import prune, trade
from gateway.records.pace import Pace

logger = logging.getLogger(__name__)

EVERY_S = 0.5
RETRY_S = 1.0
FIRST_S = 0.5
IDLE_S = 5.0
PRUNE_EVERY_S = 60.0
# Of this thread's time: with very many keys in use it shares less often than EVERY_S.
BUSY_SHARE = 0.2
LOCKED_MS = 500


class LimitSharing:
    """The thread of one process. Nothing waits for it, and nothing it meets ends it."""

    def __init__(self, limits: KeyLimits) -> None:
        self._limits = limits
        self._pace = Pace()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._has_asked = threading.Event()
        self._prune_at = self._reopen_at = 0.0

    def start(self, wait_s: float = FIRST_S) -> None:
        """Start the thread; give it a moment to learn what was used before."""
        if self._thread and self._thread.is_alive():
            return
        self._stop, self._has_asked = threading.Event(), threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="limit sharing", daemon=True
        )
        self._thread.start()
        self._has_asked.wait(wait_s)

    def stop(self, timeout_s: float = 2.0) -> None:
        """Share what is left, and end the thread; wait for it no longer than that."""
        self._stop.set()
        self._limits.used.set()
        if self._thread:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        pause = self._turn()
        self._has_asked.set()
        while not self._stop.wait(pause):
            self._sleep()
            pause = self._turn()
        self._turn()
        connection.close()

    def _sleep(self) -> None:
        """Wait until something was used; without a connection when that takes long."""
        if not self._limits.used.wait(IDLE_S):
            connection.close()
            self._limits.used.wait()

    def _turn(self) -> float:
        """Share once, whatever happens; return how long to rest."""
        began = time.thread_time()
        try:
            self._share()
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            if not is_busy(error) and self._pace.is_due():
                logger.warning(
                    "What keys have used cannot be shared (%s). Each worker holds their "
                    "limits against what it counts itself until it can.",
                    type(error).__name__,
                )
            return RETRY_S
        except Exception:
            # Whatever it is must not end the thread: limits would be each worker's own.
            if self._pace.is_due():
                logger.exception("What keys have used cannot be shared.")
            return RETRY_S
        return max(EVERY_S, (time.thread_time() - began) / BUSY_SHARE)

    def _share(self) -> None:
        exchange = self._limits.take()
        if exchange is None:
            return
        try:
            self._connect()
            others = trade(exchange)
        except BaseException:
            self._limits.give_back(exchange)
            raise
        self._limits.settle(exchange, others)
        if time.monotonic() >= self._prune_at:
            self._prune_at = time.monotonic() + PRUNE_EVERY_S
            prune(time.time())

    def _connect(self) -> None:
        """Open the connection of this thread, unless it is open."""
        is_sqlite = connection.vendor == "sqlite"
        if is_sqlite and time.monotonic() >= self._reopen_at:
            # An open file that was deleted or replaced would go on answering.
            connection.close()
        if connection.connection is not None:
            return
        connection.ensure_connection()
        self._reopen_at = time.monotonic() + IDLE_S
        if is_sqlite:
            # Whoever writes now is done by the next turn.
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout = {LOCKED_MS}")


SHARING = LimitSharing(LIMITS)
