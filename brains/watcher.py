"""Keep what this process holds in memory equal to the database: a background thread reads
the change counter every 200 ms and, when it moved, loads each part anew. While the
database is away everything stays as it was last good."""

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from django.db import DatabaseError, InterfaceError, connection

from brains import live
from brains.disk_copy import read_copy, write_copy
from brains.errors import CopyUnusable
from brains.models import ChangeCounter
from brains.workers import OwnRow

logger = logging.getLogger(__name__)

POLL_S = 0.2
RETRY_S = 1.0
FLUSH_S = 5.0
SILENT_AFTER_S = 3.0
LOG_EVERY_S = 30.0
FIRST_LOAD_S = 3.0


class Part(Protocol):
    """Something a process holds in memory that the database is the source of."""

    name: str

    def read(self) -> dict[str, Any]:
        """Read it from the database, as JSON-ready values."""

    def install(self, payload: dict[str, Any], loaded_from: live.LoadedFrom) -> None:
        """Make it what this process uses, by one assignment."""

    def flush(self) -> None:
        """Write to the database what gathered in this process since the last time."""

    def close(self) -> None:
        """Write what must be written when this process ends."""


class SelectionPart:
    """The live selection, and this worker's own row."""

    name = "selection"

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


_running: "Watcher | None" = None


def start(parts: Sequence[Part], folder: Path) -> "Watcher":
    """Start this process's watcher, once; see `Watcher.start`."""
    global _running
    if _running is None:
        _running = Watcher(parts, folder)
        _running.start()
    return _running


def running() -> "Watcher | None":
    """Return this process's watcher; None in commands and plain tests."""
    return _running


class Watcher:
    """One thread per process. It is the only one that installs what it loaded, so no
    process goes back to an older state."""

    def __init__(self, parts: Sequence[Part], folder: Path) -> None:
        self._parts = parts
        self._folder = folder
        self._stop = threading.Event()
        self._tried = threading.Event()
        self._lock = threading.Lock()
        self._seen: int | None = None
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
            live.changed.clear()
            pause = POLL_S if self._poll() else RETRY_S
            self._tried.set()
            live.changed.wait(pause)
        self._leave()

    def _poll(self) -> bool:
        """Look once; say whether the database answered."""
        try:
            self._look()
        except (DatabaseError, InterfaceError) as error:
            self._note(error)
            return False
        except Exception:
            # A part that cannot be built must not end the thread: the last good one stays.
            logger.exception(
                "What changed could not be loaded; the last good state stays."
            )
            return False
        self._answered_at, self.trouble = time.monotonic(), ""
        return True

    def _look(self) -> None:
        value = ChangeCounter.objects.values_list("value", flat=True).first() or 0
        moved = value != self._seen
        if moved:
            self._load(value)
        if moved or time.monotonic() >= self._flush_at:
            self._flush_at = time.monotonic() + FLUSH_S
            for part in self._parts:
                part.flush()

    def _load(self, value: int) -> None:
        payloads = [(part, part.read()) for part in self._parts]
        with self._lock:
            for part, payload in payloads:
                part.install(payload, "database")
            self._seen = value
        for part, payload in payloads:
            self._keep(part, payload)

    def _keep(self, part: Part, payload: dict[str, Any]) -> None:
        try:
            write_copy(self._copy_of(part), payload)
        except OSError as error:
            logger.warning(
                "The copy on disk of the %s could not be written (%s). Free space or "
                "check AURA_DATA_DIR: without it a start needs the database.",
                part.name,
                error.strerror,
            )

    def _restore(self) -> None:
        with self._lock:
            if self._seen is not None:
                return
            for part in self._parts:
                try:
                    part.install(read_copy(self._copy_of(part)), "disk")
                except (CopyUnusable, KeyError, TypeError, ValueError) as error:
                    logger.warning("No database, and no usable copy on disk: %s", error)

    def _copy_of(self, part: Part) -> Path:
        return self._folder / f"last-good-{part.name}.json"

    def _note(self, error: Exception) -> None:
        """Remember and log that the database is away: one line per 30 s, not per poll."""
        connection.close()
        self.trouble = f"The database does not answer ({type(error).__name__})."
        if time.monotonic() - self._log_at >= LOG_EVERY_S:
            self._log_at = time.monotonic()
            logger.warning(
                "%s Serving revision %s as last loaded.",
                self.trouble,
                live.current().selection.revision,
            )

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
