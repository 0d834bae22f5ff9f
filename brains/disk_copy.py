"""The last good copy of what a worker needs, on disk, for a start without the database:
JSON with a SHA-256, readable by its owner only, replaced whole or not at all."""

import contextlib
import glob
import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson
from django.db import connection

from brains.errors import CopyUnusable

FORMAT = 1
STALE_S = 600
_SIZE_MAX = 64 * 1024 * 1024


def copy_path(folder: Path, name: str) -> Path:
    """Return where the copy of a part is kept: one for each database, so that a worker
    never serves the presets, or takes the keys, of another one."""
    where = connection.settings_dict
    place = [str(where[key]) for key in ("ENGINE", "HOST", "PORT", "NAME")]
    digest = hashlib.sha256("\n".join(place).encode()).hexdigest()
    return folder / f"last-good-{name}-{digest[:12]}.json"


def write_copy(path: Path, payload: dict[str, Any]) -> None:
    """Replace the copy at `path` by `payload`; on an OSError the old copy is intact. What a
    writer left that was killed before it had replaced it is removed."""
    _remove_stale(path)
    body = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    head = {"format": FORMAT, "sha256": hashlib.sha256(body).hexdigest()}
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(head) + b"\n" + body)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    _sync_folder(path.parent)


def read_copy(path: Path) -> dict[str, Any]:
    """Return the payload of the copy at `path`.

    Raises CopyUnusable, with the reason, when there is none or it cannot be trusted.
    """
    try:
        with path.open("rb") as file:
            _refuse_foreign(os.fstat(file.fileno()), path)
            data = file.read(_SIZE_MAX + 1)
    except OSError as error:
        raise CopyUnusable(f"{path.name} cannot be read: {error.strerror}.") from error
    return _parsed(data, path)


def _sync_folder(folder: Path) -> None:
    """Let the new name outlive a power cut: it stands in the folder, not in the file."""
    # The copy is in place by now, and not every file system can do this: no failure.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove_stale(path: Path) -> None:
    """Remove half-written copies that are too old to be another worker's of this moment."""
    limit = time.time() - STALE_S
    for other in path.parent.glob(f"{glob.escape(path.name)}?*"):
        with contextlib.suppress(OSError):
            if other.stat().st_mtime < limit:
                other.unlink()


def _refuse_foreign(status: os.stat_result, path: Path) -> None:
    if status.st_uid != os.geteuid():
        raise CopyUnusable(f"{path.name} belongs to another user.")


def _parsed(data: bytes, path: Path) -> dict[str, Any]:
    head_line, _, body = data.partition(b"\n")
    try:
        head = orjson.loads(head_line)
        if head["format"] != FORMAT:
            raise CopyUnusable(f"{path.name} was written by another version of Aura.")
        if head["sha256"] != hashlib.sha256(body).hexdigest():
            raise CopyUnusable(f"{path.name} is damaged: its checksum does not match.")
        payload = orjson.loads(body)
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise CopyUnusable(f"{path.name} is damaged: it is no copy of ours.") from error
    if not isinstance(payload, dict):
        raise CopyUnusable(f"{path.name} is damaged: it is no copy of ours.")
    return payload
