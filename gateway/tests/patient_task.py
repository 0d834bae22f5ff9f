"""A task that tells when it begins, and ends when it is told to: by files in a folder."""

from pathlib import Path

from gateway.background.api import task
from tests.waiting import wait_until

BEGUN, MAY_END = "begun", "may-end"


@task
def wait_in(folder: str) -> str:
    """Make a file BEGUN in `folder`; return once there is a file MAY_END."""
    (Path(folder) / BEGUN).touch()
    wait_until((Path(folder) / MAY_END).exists, "the end", timeout_s=30)
    return "ended"
