"""Other programs: run to their end, or started on a core. Which ones is said by who calls."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """Return `command` such that it runs on `core` alone."""
    return ["taskset", "--cpu-list", str(core), *command]


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 120.0,
) -> str:
    """Run a command in the repository and return its stdout, else its stderr.

    Raises RuntimeError with what it said when it fails, or takes too long.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the commands are ours
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{command[0]} took over {timeout_s:g} s.") from None
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout or done.stderr


def start(
    core: int,
    command: Sequence[str],
    *,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    log: IO[bytes] | None = None,
) -> "subprocess.Popen[str]":
    """Start a command on `core`. Without a log it is spoken with through its pipes.

    It is in a session of its own: a Ctrl-C is for us, who end it in good order.
    """
    return subprocess.Popen(  # noqa: S603 - the commands are ours
        pinned(core, command),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL if log else subprocess.PIPE,
        stdout=log or subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    )


def end(process: "subprocess.Popen[str]") -> None:
    """Kill one that was started with pipes."""
    process.kill()
    process.communicate()
