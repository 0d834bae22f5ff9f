"""Keep what this process holds in memory equal to the database: a background thread reads
the change counter every 200 ms and, when it moved, loads each part anew. While the
database is away everything stays as it was last good."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
)
from django.utils import timezone

from brains import live
from brains.activation import end_trial
from brains.disk_copy import copy_path, read_copy, write_copy
from brains.errors import CopyUnusable
from brains.models import ChangeCounter
from brains.workers import OwnRow

logger = logging.getLogger(__name__)

POLL_S, POLL_MIN_S = 0.2, 0.02
RETRY_S = 1.0
FLUSH_S = 5.0
SILENT_AFTER_S = 3.0
LOG_EVERY_S = 30.0
LOCKED_MS = 500
FIRST_LOAD_S = 3.0

_STAYS = "What was loaded last goes on serving."


class Part(Protocol):
    """Something a process holds in memory that the database is the source of."""

    name: str
    may_be_stale: bool
    """Whether an old copy on disk is better than none, for a start without database."""

    def read(self) -> dict[str, Any]:
        """Read it from the database, as JSON-ready values."""

    def install(self, payload: dict[str, Any], loaded_from: live.LoadedFrom) -> None:
        """Make it what this process uses, by one assignment."""

    def flush(self) -> None:
        """Write to the database what gathered in this process since the last time."""

    def close(self) -> None:
        """Write what must be written when this process ends."""


def is_overdue(now: live.Live) -> bool:
    """Say whether what is live was on trial, and its time is up. Each worker looks, so a
    trial ends although some of them, or the worker of background tasks, are not there."""
    return now.confirm_by is not None and now.confirm_by <= timezone.now()


class SelectionPart:
    """The live selection, and this worker's own row."""

    name = "selection"
    may_be_stale = True

    def __init__(self) -> None:
        self._row = OwnRow()

    def read(self) -> dict[str, Any]:
        return live.read()

    def install(self, payload: dict[str, Any], loaded_from: live.LoadedFrom) -> None:
        live.install(payload, loaded_from)

    def flush(self) -> None:
        self._row.write(live.current().selection)

    def close(self) -> None:
        self._row.remove()


def pause_s(is_well: bool, took_s: float) -> float:
    """Return the seconds until the next look: looks begin at an even pace, so that a change
    waits no longer when the one before it had much to write."""
    return max(POLL_S - took_s, POLL_MIN_S) if is_well else RETRY_S


_running: "Watcher | None" = None


def start(
    parts: Sequence[Part], folder: Path, tell: Sequence[Callable[[], None]] = ()
) -> "Watcher":
    """Start this process's watcher, once; see `Watcher.start`. It calls `tell` whenever the
    parts are flushed, which may write to the database too."""
    global _running
    if _running is None:
        _running = Watcher(parts, folder, tell)
        _running.start()
    return _running


def running() -> "Watcher | None":
    """Return this process's watcher; None in commands and plain tests."""
    return _running


class Watcher:
    """One thread per process. It is the only one that installs what it loaded, so no
    process goes back to an older state."""

    def __init__(
        self,
        parts: Sequence[Part],
        folder: Path,
        tell: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._parts = parts
        self._tell = tell
        self._folder = folder
        self._stop = threading.Event()
        self._tried = threading.Event()
        self._lock = threading.Lock()
        self._is_loaded = False
        self._seen: tuple[int, str] | None = None  # the counter as of the last load
        self._unkept: dict[Part, dict[str, Any]] = {}  # what the disk did not take
        self._answered_at = float("-inf")
        self._flush_at = 0.0
        self._log_at = float("-inf")
        self.trouble = "The database has not answered yet."
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Load the parts (database, else disk, else environment) and go on watching.

        Returns within 3 s, whatever the database does, and never fails because of it.
        """
        self._thread.start()
        self._tried.wait(FIRST_LOAD_S)
        self._restore()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End the thread; a database that hangs is not waited for longer than that."""
        self._stop.set()
        live.changed.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def is_connected(self) -> bool:
        """Say whether the database answered lately."""
        return time.monotonic() - self._answered_at < SILENT_AFTER_S

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            is_well = self._poll()
            self._tried.set()
            live.changed.wait(pause_s(is_well, time.monotonic() - began))
            live.changed.clear()  # before both looks: at `_stop`, and at the database
        self._leave()

    def _poll(self) -> bool:
        """Look once; say whether all went well."""
        try:
            self._look()
        except (DatabaseError, InterfaceError) as error:
            if self._note(f"The database cannot be used: {_cause(error)}."):
                detail = " ".join(str(error).split())
                logger.warning("%s %s (%s)", self.trouble, _STAYS, detail)
            connection.close()
            return False
        except Exception as error:
            # A part that cannot be built must not end the thread: the last good one stays.
            if self._note(f"What changed cannot be loaded: {type(error).__name__}."):
                logger.exception("%s %s", self.trouble, _STAYS)
            return False
        self._answered_at, self.trouble = time.monotonic(), ""
        return True

    def _look(self) -> None:
        # While this fails `_seen` is None: a database that comes back, from a backup or as
        # a replica, may have another state under the number that was seen last.
        seen, self._seen = self._seen, None
        value = ChangeCounter.objects.values_list("value", "token").first() or (0, "")
        self._answered_at = time.monotonic()
        if value != seen:
            self._load()
            self._flush_at = 0.0
        self._seen = value
        if time.monotonic() >= self._flush_at:
            self._flush()
        if is_overdue(live.current()):
            end_trial()

    def _load(self) -> None:
        payloads = [(part, part.read()) for part in self._parts]
        with self._lock:
            for part, payload in payloads:
                part.install(payload, "database")
            self._is_loaded = True
        self._keep(dict(payloads))

    def _flush(self) -> None:
        is_sqlite = connection.vendor == "sqlite"
        if is_sqlite:
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout = {LOCKED_MS}")
        try:
            self._write()
        except OperationalError as error:
            # Somebody else writes, such as a backup: reading goes on, so must this thread.
            if "locked" not in str(error):
                raise
        if self._unkept:
            self._keep(self._unkept)
        self._flush_at = time.monotonic() + FLUSH_S
        if is_sqlite:
            # An open file that was deleted or replaced would go on answering.
            connection.close()

    def _write(self) -> None:
        for part in self._parts:
            part.flush()
        for tell in self._tell:
            tell()

    def _keep(self, payloads: dict[Part, dict[str, Any]]) -> None:
        """Write the copies on disk; what it does not take is tried again later."""
        before, self._unkept = self._unkept, {}
        for part, payload in payloads.items():
            try:
                write_copy(self._copy_of(part), payload)
            except OSError as error:
                self._unkept[part] = payload
                if not part.may_be_stale:
                    with suppress(OSError):
                        self._copy_of(part).unlink()
                if part not in before:
                    _warn_of_copy(part, error)

    def _restore(self) -> None:
        with self._lock:
            if self._is_loaded:
                return
            for part in self._parts:
                try:
                    part.install(read_copy(self._copy_of(part)), "disk")
                except (CopyUnusable, KeyError, TypeError, ValueError) as error:
                    logger.warning("No database, and no usable copy on disk: %s", error)

    def _copy_of(self, part: Part) -> Path:
        return copy_path(self._folder, part.name)

    def _note(self, trouble: str) -> bool:
        """Remember what is wrong; say whether to log it: once per 30 s, not per poll."""
        self.trouble = trouble
        is_due = time.monotonic() - self._log_at >= LOG_EVERY_S
        if is_due:
            self._log_at = time.monotonic()
        return is_due

    def _leave(self) -> None:
        try:
            for part in self._parts:
                part.close()
        except (DatabaseError, InterfaceError):
            logger.info(
                "The database is away: this worker's row stays until it expires."
            )
        finally:
            connection.close()


def _warn_of_copy(part: Part, error: OSError) -> None:
    logger.warning(
        "The copy on disk of the %s could not be written (%s). Free space or check "
        "AURA_DATA_DIR: without it a start needs the database. It is tried again.",
        part.name,
        error.strerror,
    )


def _cause(error: Exception) -> str:
    """Say what is wrong, without PostgreSQL's own text: it names the host and the user."""
    text = str(error)
    if isinstance(error, ProgrammingError) or "no such table" in text:
        return "it lacks tables of Aura; run `python manage.py migrate`"
    return text if connection.vendor == "sqlite" else type(error).__name__
