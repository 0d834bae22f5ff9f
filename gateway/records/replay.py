"""The way of calls from the disk back into the database: once each, whichever process wrote
them. A thread does it that is there only while something waits: to connect to a server that
hangs takes seconds, in which the recorder would lose calls."""

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress

from django.db import DatabaseError, InterfaceError

from gateway.records.entry import Entry, entry_from
from gateway.records.pace import Pace
from gateway.records.spool import Spool, SpoolFile
from gateway.records.table import CallTable

logger = logging.getLogger(__name__)

RETRY_S = 1.0
PATIENCE_S = 5.0
PAUSE_S = 0.01


class Replay:
    """Whether the database is away, and the thread that waits for it and empties the spool.

    A call is in the database first and gone from the disk after that; a process killed in
    between does it again, and the database knows each call by its id.
    """

    def __init__(self, spool: Spool) -> None:
        self.is_away = False
        """Whether calls are to go onto the disk."""
        self.put_back = 0
        """How many lines that this process wrote are no longer on disk."""
        self.lost = 0
        """How many lines, whoever wrote them, were no calls or were refused."""
        self._spool = spool
        self._held: SpoolFile | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._pace, self._read_pace, self._lost_pace = Pace(), Pace(), Pace()

    def expect(self, error: Exception) -> None:
        """Take the database as away, because of this error."""
        self.is_away = True
        self._tell(error)

    def begin(self) -> None:
        """See to the spool, and to a database that is away, in the background."""
        with self._lock:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(
                    target=self._run, name="replay", daemon=True
                )
                self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """End the thread; wait for it no longer than that."""
        self._stop.set()
        thread = self._thread
        if thread:
            thread.join(timeout_s)
        if self._held and not (thread and thread.is_alive()):
            self._held.close()

    def _run(self) -> None:
        table = CallTable(PATIENCE_S)
        while not self._stop.wait(RETRY_S):
            try:
                self._go(table)
            except (DatabaseError, InterfaceError) as error:
                self._tell(error)
            except Exception:
                # Whatever is wrong with a file, the next ones are to go on record.
                if self._read_pace.is_due():
                    logger.exception(
                        "Calls wait on disk and cannot be read from there."
                    )
            table.close()
            if self._is_over():
                return

    def _is_over(self) -> bool:
        # With the lock: whoever spools after this begins another thread.
        with self._lock:
            is_over = not (self.is_away or self._held or self._spool.has_own)
            if is_over:
                self._thread = None
            return is_over

    def _go(self, table: CallTable) -> None:
        if self.is_away:
            table.look()
        while file := self._held or self._spool.take():
            self._held = file
            if not self._is_emptied(file, table):
                return
            file.remove()
            self._held = None
        self.is_away = False

    def _is_emptied(self, file: SpoolFile, table: CallTable) -> bool:
        """Put the lines of a file into the database; False when this process ends first."""
        total = 0
        for lines in file.chunks():
            entries = _entries(lines)
            refused = table.insert_what_fits(entries) if entries else 0
            self.is_away = False
            self._count(file, len(lines), len(lines) - len(entries) + refused)
            total += len(lines)
            if self._stop.wait(PAUSE_S):
                return False
        logger.info(
            "On record again: %d lines of calls from %s.", total, file.path.name
        )
        return True

    def _count(self, file: SpoolFile, lines: int, lost: int) -> None:
        self.put_back += lines if file.is_own else 0
        self.lost += lost
        if lost and self._lost_pace.is_due():
            logger.warning(
                "Not on record: %d lines of %s. They are damaged, as the last one is when its "
                "process was killed, or the database refuses them.",
                lost,
                file.path.name,
            )

    def _tell(self, error: Exception) -> None:
        if self._pace.is_due():
            text = str(error).partition("\n")[0]
            logger.warning(
                "The database takes no calls: %s (%s). They wait on disk until it does.",
                type(error).__name__,
                text,
            )


def _entries(lines: Sequence[bytes]) -> list[Entry]:
    """Return the calls that these lines are; a line that is none is left out."""
    entries = []
    for line in lines:
        with suppress(ValueError):
            entries.append(entry_from(line))
    return entries
