"""Folders that take long to make and that all processes of a run of the tests may copy from:
whoever needs one first makes it, the others wait for it."""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

# Processes that a run starts find here where its folders are.
VARIABLE = "TESTS_MADE_ONCE"


def share() -> Path:
    """Return the folder of this run; the process that asks first removes it in the end."""
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = folder = tempfile.mkdtemp(prefix="aura-made-")
        os.chmod(folder, 0o755)  # PostgreSQL runs as another user, and copies from here
        atexit.register(_remove, os.getpid(), folder)
    return Path(os.environ[VARIABLE])


def _remove(made_by: int, folder: str) -> None:
    if os.getpid() == made_by:  # and not one that it forked
        shutil.rmtree(folder, ignore_errors=True)


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder `name`, which `make` fills unless it is there; only copy from it."""
    folder = share() / name
    with (share() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = share() / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder
