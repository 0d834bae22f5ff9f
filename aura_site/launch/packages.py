"""Installing the packages of the embedded models into the virtual environment that runs
this, when they are not there yet."""

import importlib
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

REQUIREMENTS = "requirements-offline.txt"
LOCK = "requirements-offline.lock"
DOWNLOAD_MB, DISK_MB = 235, 380  # measured on Linux x86_64

# Without a cache, which would keep a second copy of 235 MB; two retries, so that a
# machine without a network waits for seconds and not for minutes.
PIP_INSTALL = (
    "-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check",
    "--no-input", "--no-cache-dir", "--retries", "2", "--timeout", "15",
    "--only-binary", ":all:", "--no-deps", "--require-hashes", "--requirement",
)  # fmt: skip
SAY_EVERY_S = 15.0
_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)(?:==([^\s;#]+))?", re.MULTILINE)


def missing(requirements: Path) -> list[str]:
    """Return the names in a requirements file that are not installed in that version."""
    wanted = _REQUIREMENT.findall(requirements.read_text(encoding="utf-8"))
    return [name for name, version in wanted if not _is_installed(name, version)]


def install(lock: Path, say: Callable[[str], None]) -> bool:
    """Install what the lock file pins; False when pip, whose errors are shown, fails."""
    pip = subprocess.Popen((sys.executable, *PIP_INSTALL, str(lock)))  # noqa: S603 - ours
    waited_s = 0.0
    while True:
        try:
            status = pip.wait(SAY_EVERY_S)
        except subprocess.TimeoutExpired:
            waited_s += SAY_EVERY_S
            say(f"Still installing ({waited_s:.0f} s) ...")
        else:
            importlib.invalidate_caches()
            return status == 0


def _is_installed(name: str, version: str) -> bool:
    try:
        found = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return version in ("", found)
