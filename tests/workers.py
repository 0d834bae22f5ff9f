"""Workers of background tasks, as processes that tests start and kill."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.isolation import plain
from tests.server import ROOT

Worker = AbstractContextManager["subprocess.Popen[bytes]"]


def worker_of(folder: Path, settings: Mapping[str, str]) -> Callable[[], Worker]:
    """Return a function that starts a worker with these settings; it is killed at the end of
    its block (SIGKILL)."""
    environment = plain(os.environ) | {
        "AURA_DATA_DIR": str(folder),
        "AURA_ENV_FILE": str(folder / ".env"),
        **settings,
    }
    command = [sys.executable, "manage.py", "run_tasks", "--interval=0.2"]

    @contextmanager
    def started() -> Iterator["subprocess.Popen[bytes]"]:
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    return started
