"""Where calls go that are over: into the database, and onto the disk while it takes none. How
they come back from there is in `replay`."""

import hashlib
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connection

from gateway.records.entry import Entry, entry_of, line_of
from gateway.records.finished import FinishedCall
from gateway.records.pace import Pace
from gateway.records.replay import Replay
from gateway.records.spool import Spool
from gateway.records.table import CallTable

logger = logging.getLogger(__name__)

# While the recorder's thread waits for the database, its queue fills.
PATIENCE_S = 1.0
IDLE_S = 5.0


_running: "CallRows | None" = None


def start(folder: Path) -> "CallRows":
    """Return this process's, made at the first call."""
    global _running
    if _running is None:
        _running = CallRows(folder)
    return _running


def running() -> "CallRows | None":
    """Return this process's; None in commands and plain tests."""
    return _running


class CallRows:
    """Takes batches on the recorder's thread. `look` is to be called every second or so."""

    def __init__(self, folder: Path) -> None:
        self._spool = Spool(folder, database_place())
        self._table = CallTable(PATIENCE_S)
        self._replay = Replay(self._spool)
        self._kept = self._dropped = 0
        self._wrote_at = 0.0
        self._pace = Pace()

    @property
    def spooled(self) -> int:
        """How many calls of this process are on disk and not in the database yet."""
        return self._kept - self._replay.put_back

    @property
    def dropped(self) -> int:
        """How many calls went neither into the database nor onto the disk, or were lost
        there."""
        return self._dropped + self._replay.lost

    def write(self, batch: Sequence[FinishedCall]) -> None:
        """Put a batch into the database, else onto the disk; a database that is silent is
        waited for once, for PATIENCE_S."""
        self._wrote_at = time.monotonic()
        entries = [entry_of(call) for call in batch]
        if self._replay.is_away or not self._is_written(entries):
            self._keep(entries)

    def look(self) -> None:
        """See to what is on disk, also of processes that are no more; and give back the
        connection when there was nothing to write for a while."""
        if self._spool.found():
            self._replay.begin()
        if time.monotonic() - self._wrote_at > IDLE_S:
            self._table.close()

    def close(self, timeout_s: float = 2.0) -> None:
        """End what is under way; what is on disk stays there."""
        self._replay.stop(timeout_s)
        self._spool.close()

    def _is_written(self, entries: Sequence[Entry]) -> bool:
        try:
            refused = self._table.insert_what_fits(entries)
        except (DatabaseError, InterfaceError) as error:
            self._table.close()
            self._replay.expect(error)
            return False
        if refused:
            self._lose(refused, "the database refuses what is in them")
        return True

    def _keep(self, entries: Sequence[Entry]) -> None:
        try:
            self._spool.append([line_of(entry) for entry in entries])
            self._kept += len(entries)
        except OSError as error:
            self._lose(
                len(entries), f"neither database nor disk takes them: {error.strerror}"
            )
        self._replay.begin()

    def _lose(self, count: int, why: str) -> None:
        self._dropped += count
        if self._pace.is_due():
            logger.error(
                "Not on record: %d calls since the start (%s).", self._dropped, why
            )


def database_place() -> str:
    """Return what tells this database from others that a data folder may have served."""
    where = connection.settings_dict
    place = [str(where[key]) for key in ("ENGINE", "HOST", "PORT", "NAME")]
    return hashlib.sha256("\n".join(place).encode()).hexdigest()[:12]
