"""What each worker counted, as files in the server's folder, so that every worker can tell of
all. A worker's figures outlive it: whoever starts next adds them to those of all the dead."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

import orjson

from gateway.metrics.names import METRICS
from gateway.metrics.tables import Rows, Tables

PREFIX = "aura-metrics-"
LEFT_AFTER_S = 3600
ENDED = "ended"
NAMES_MAX = 100
LAYOUT = hashlib.sha256(repr(METRICS).encode()).hexdigest()[:16]
"""Says what the figures mean: after an upgrade those of the old code are left out."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one worker counted since its start, and what it measures now."""

    pid: int
    counts: Mapping[str, Rows]
    gauges: Mapping[str, Rows] = field(default_factory=dict)
    includes: tuple[str, ...] = ()
    """Of the sum of the dead: the names of the files that are in it."""


NOTHING = Snapshot(0, {})


def remove_left(folder: Path) -> None:
    """Remove the folders beside `folder` that servers left behind when they were killed."""
    for left in folder.parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            found = left.lstat()
            # Each worker of a server that lives writes there once a second.
            is_old = time.time() - found.st_mtime > LEFT_AFTER_S
            if is_old and found.st_uid == os.getuid() and left != folder:
                shutil.rmtree(left)


class WorkerFiles:
    """The files of one worker among those of the others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # A process id comes again; with the time it is a name that does not.
        self._name = f"{os.getpid()}-{time.time_ns()}"
        self._lock = self._begin()

    def publish(self, snapshot: Snapshot) -> None:
        """Let the others see what this worker counted. Raises OSError."""
        try:
            self._write(self._name, snapshot)
        except FileNotFoundError:  # tidied away: systemd empties /dev/shm at a logout
            self._lock.close()
            self._lock = self._begin()
            self._write(self._name, snapshot)

    def others(self) -> list[Snapshot]:
        """Return what the other workers published, and the sum of the dead.

        Each count is there once without any lock: a file is added to the sum before it is
        removed, and the sum, which names its files, is read last.
        """
        found: list[tuple[str, Snapshot]] = []
        for name in self._names() - {self._name}:
            if snapshot := self._read(name):
                is_alive = self._is_alive(name)
                found.append((name, snapshot if is_alive else _counts_of(snapshot)))
        ended = self._read(ENDED) or NOTHING
        return [ended, *(seen for name, seen in found if name not in ended.includes)]

    def bury(self) -> None:
        """Add the counts of the dead to their sum and remove their files, unless another
        worker is just doing so."""
        with (
            contextlib.suppress(BlockingIOError),
            FileIO(self._lock_of(ENDED), "w") as f,
        ):
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if dead := {name for name in self._names() if not self._is_alive(name)}:
                self._bury(dead)

    def close(self) -> None:
        """Be among the dead from now on."""
        self._lock.close()

    def _begin(self) -> FileIO:
        """Take the lock that the system holds for as long as this process lives."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileIO(self._lock_of(self._name), "w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock

    def _bury(self, dead: set[str]) -> None:
        ended, total = self._read(ENDED) or NOTHING, Tables()
        total.add(ended.counts)
        for name in dead.difference(ended.includes):
            total.add((self._read(name) or NOTHING).counts)
        includes = (*ended.includes, *sorted(dead))[-NAMES_MAX:]
        self._write(ENDED, Snapshot(0, total.rows(), includes=includes))
        for name in dead:
            self._file_of(name).unlink(missing_ok=True)
            self._lock_of(name).unlink(missing_ok=True)

    def _is_alive(self, name: str) -> bool:
        try:
            with FileIO(self._lock_of(name), "r") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False

    def _names(self) -> set[str]:
        return {path.stem for path in self._folder.glob("*.json")} - {ENDED}

    def _file_of(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _lock_of(self, name: str) -> Path:
        return self._folder / f"{name}.lock"

    def _read(self, name: str) -> Snapshot | None:
        try:
            return _decoded(self._file_of(name).read_bytes())
        except FileNotFoundError:
            return None

    def _write(self, name: str, snapshot: Snapshot) -> None:
        written = self._folder / f"{name}.new"
        written.write_bytes(_encoded(snapshot))
        written.replace(self._file_of(name))


def _counts_of(dead: Snapshot) -> Snapshot:
    return Snapshot(dead.pid, dead.counts)


def _encoded(snapshot: Snapshot) -> bytes:
    return orjson.dumps(
        {
            "layout": LAYOUT,
            "pid": snapshot.pid,
            "counts": _pairs(snapshot.counts),
            "gauges": _pairs(snapshot.gauges),
            "includes": snapshot.includes,
        }
    )


def _pairs(rows_by_name: Mapping[str, Rows]) -> dict[str, list[Any]]:
    return {name: list(rows.items()) for name, rows in rows_by_name.items()}


def _decoded(data: bytes) -> Snapshot | None:
    """Return a snapshot, or None for one of another layout."""
    read = orjson.loads(data)
    if read["layout"] != LAYOUT:
        return None
    counts, gauges = (
        {
            name: {tuple(labels): row for labels, row in rows}
            for name, rows in kind.items()
        }
        for kind in (read["counts"], read["gauges"])
    )
    return Snapshot(read["pid"], counts, gauges, tuple(read["includes"]))
