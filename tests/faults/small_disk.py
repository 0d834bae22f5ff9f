"""A file system of 2 MB that can be filled to its last byte, where one may be mounted."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

SIZE = "2m"


class NoMount(RuntimeError):
    """Nothing can be mounted here: that needs root, and a kernel that lets it."""


class SmallDisk:
    """The file system at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Write until there is no room for one more byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (65_536, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * size)

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink()


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mount one at `folder`. Raises NoMount."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if (
        not shutil.which("mount")
        or subprocess.run(command, capture_output=True).returncode
    ):
        raise NoMount("no file system can be mounted here: that needs root")
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: a connection of a thread that is just ending may still be open.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
