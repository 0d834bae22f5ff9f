"""Runs a command to its end, and lets it tidy up when we are told to stop before."""

import signal
import subprocess
from collections.abc import Mapping, Sequence

TIDY_UP_S = 30


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Return the exit code of `command`.

    Ctrl-C reaches the command by itself; SIGTERM, sent to us alone, is passed on as an
    interrupt, which pytest answers by closing its fixtures. Raises KeyboardInterrupt
    or SystemExit once the command is gone.
    """
    signal.signal(signal.SIGTERM, _terminated)
    process = subprocess.Popen(command, env=dict(environment))
    try:
        return process.wait()
    except SystemExit:
        process.send_signal(signal.SIGINT)
        raise
    finally:
        _let_tidy_up(process)


def _let_tidy_up(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=TIDY_UP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _terminated(number: int, frame: object) -> None:
    raise SystemExit(128 + number)
