"""Lines of JSON on disk that wait for the database: one file per process, for its owner only,
bounded in size. Files of processes that died are found by their lock, which nobody holds."""

import errno
import fcntl
import io
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

BYTES_MAX = 100_000_000
"""Of all files of a folder together, whichever process writes them."""
CHUNK = 256 * 1024
PREFIX, SUFFIX = "calls-", ".jsonl"


class SpoolFull(OSError):
    """The files of the folder have reached BYTES_MAX together."""


class SpoolFile:
    """A file that this process has the lock of, and nobody else touches."""

    def __init__(self, path: Path, handle: int, *, is_own: bool) -> None:
        self.path = path
        self.is_own = is_own
        """Whether this process made it."""
        self._file = os.fdopen(handle, "r+b", buffering=0)
        self._read = 0

    @property
    def is_there(self) -> bool:
        """Whether nobody deleted it."""
        return os.fstat(self._file.fileno()).st_nlink > 0

    @classmethod
    def make(cls, folder: Path, prefix: str) -> Self:
        """Make an empty file, mode 0600. Raises OSError."""
        while True:
            handle, name = tempfile.mkstemp(dir=folder, prefix=prefix, suffix=SUFFIX)
            # Somebody who looks for orphans may have found it before it was locked.
            if _has_lock(handle):
                return cls(Path(name), handle, is_own=True)
            os.close(handle)

    @classmethod
    def adopt(cls, path: Path) -> Self | None:
        """Return a file whose process has died; None when one lives, or it is gone."""
        try:
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            return None
        if os.fstat(handle).st_uid == os.geteuid() and _has_lock(handle):
            return cls(path, handle, is_own=False)
        os.close(handle)
        return None

    def append(self, lines: Sequence[bytes]) -> None:
        """Write all of these lines or none. Raises OSError."""
        data = b"".join(line + b"\n" for line in lines)
        end = self._file.seek(0, io.SEEK_END)
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError:
            with suppress(OSError):
                self._file.truncate(end)
            raise

    def chunks(self) -> Iterator[list[bytes]]:
        """Yield its lines, some hundreds at a time; the last may be a part of one. Begins
        after the last that somebody came back from for more."""
        with open(os.dup(self._file.fileno()), "rb") as reader:
            reader.seek(self._read)
            while lines := reader.readlines(CHUNK):
                yield lines
                self._read = reader.tell()

    def remove(self) -> None:
        """Delete the file, and give back its lock."""
        with suppress(FileNotFoundError):
            self.path.unlink()
        self._file.close()

    def close(self) -> None:
        """Leave the file to whoever finds it."""
        self._file.close()


class Spool:
    """The spool files of one process, and those that it finds."""

    def __init__(self, folder: Path, place: str) -> None:
        """Keep the files in `folder`, those of one database (`place`) apart from others'."""
        self._folder, self._prefix = folder, f"{PREFIX}{place}-"
        self._lock = threading.Lock()
        self._current: SpoolFile | None = None

    @property
    def has_own(self) -> bool:
        """Whether this process's file has lines."""
        return self._current is not None

    def append(self, lines: Sequence[bytes]) -> None:
        """Write lines to this process's file. Raises OSError, of which SpoolFull is one."""
        with self._lock:
            if _bytes_in(self._folder) + sum(map(len, lines)) > BYTES_MAX:
                raise SpoolFull(errno.EFBIG, "the spool has reached its size")
            self._own_file().append(lines)

    def take(self) -> SpoolFile | None:
        """Return a file to be read and removed: this process's own, which gets another for
        its next lines, else one of a process that has died. None when there is none."""
        return self._taken() or next(
            filter(None, map(SpoolFile.adopt, self.found())), None
        )

    def close(self) -> None:
        """Leave this process's file to whoever finds it."""
        if taken := self._taken():
            taken.close()

    def found(self) -> list[Path]:
        """Return the files there are, whosever they are."""
        return sorted(self._folder.glob(f"{self._prefix}*{SUFFIX}"))

    def _own_file(self) -> SpoolFile:
        if self._current and not self._current.is_there:
            self._current.close()
            self._current = None
        if self._current is None:
            self._current = SpoolFile.make(self._folder, self._prefix)
        return self._current

    def _taken(self) -> SpoolFile | None:
        with self._lock:
            taken, self._current = self._current, None
            return taken


def _has_lock(handle: int) -> bool:
    """Take the lock of a file; False when another has it, or the file was removed."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(handle).st_nlink > 0


def _bytes_in(folder: Path) -> int:
    sizes = 0
    for path in folder.glob(f"{PREFIX}*{SUFFIX}"):
        with suppress(OSError):
            sizes += path.stat().st_size
    return sizes
