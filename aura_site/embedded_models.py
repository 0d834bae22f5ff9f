"""The embedded models: their names, and on which ports `make run` serves them, for every
process with the same data folder. Their servers are started in `launch/`."""

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

CHAT_MODEL = "smollm2-135m"
EMBEDDING_MODEL = "multilingual-e5-small"

FILE = "embedded-models.json"
_SIZE_MAX = 200


@dataclass(frozen=True)
class Ports:
    """The two ports. Only they are handed on: whatever the file says, it leads nowhere but
    to this machine."""

    chat: int
    embedding: int

    @property
    def urls(self) -> tuple[str, str]:
        """The addresses of the two servers, each up to `/v1`."""
        return (
            f"http://127.0.0.1:{self.chat}/v1",
            f"http://127.0.0.1:{self.embedding}/v1",
        )


@contextlib.contextmanager
def announced(folder: Path, ports: Ports) -> Iterator[None]:
    """Let processes with this data folder find the servers until the block ends.

    The file is locked meanwhile, and the system unlocks it when this process is killed: what
    is left behind then is not believed. Raises OSError when it cannot be written or locked.
    """
    path = folder / FILE
    handle, scratch = tempfile.mkstemp(dir=folder, prefix=FILE)  # mode 0600
    with os.fdopen(handle, "w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            json.dump(asdict(ports), file)
            file.flush()
            os.replace(scratch, path)
        except BaseException:
            os.unlink(scratch)
            raise
        try:
            yield
        finally:
            _remove(path, file)


def started(folder: Path) -> Ports | None:
    """Return on which ports a launcher that runs now serves them; None when none does."""
    try:
        with (folder / FILE).open("rb") as file:
            return _ports(file.read(_SIZE_MAX)) if _is_locked(file) else None
    except (OSError, ValueError):
        return None


def _remove(path: Path, file: IO[str]) -> None:
    """Remove the file, unless another launcher has put its own in its place."""
    with contextlib.suppress(OSError):
        if os.path.samestat(os.fstat(file.fileno()), path.stat()):
            path.unlink()


def _is_locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _ports(data: bytes) -> Ports | None:
    """Raises ValueError for what is no JSON."""
    found = json.loads(data)
    if not isinstance(found, dict):
        return None
    ports: list[Any] = [found.get(name) for name in ("chat", "embedding")]
    return Ports(*ports) if all(map(_is_port, ports)) else None


def _is_port(value: object) -> bool:
    return type(value) is int and 1 <= value <= 65_535
