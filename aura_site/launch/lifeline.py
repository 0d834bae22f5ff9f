"""How a child process learns that its launcher is gone, also when the launcher was killed
and could tell nobody: an open pipe for our own servers, Linux's own signal for others."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


def wait_for_end_of_launcher() -> None:
    """Block until standard input ends: only the launcher holds its other end."""
    sys.stdin.buffer.read()


def follow(launcher: int) -> None:
    """Let Linux send this process SIGTERM when the process `launcher` (its parent) dies.

    Stays in force across exec. Elsewhere there is no such signal, and nothing is done.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != launcher:
        sys.exit("The launcher ended before this program had started.")


def command(program: list[str]) -> tuple[str, ...]:
    """Return the command that runs `program` as a child that follows this process."""
    return (sys.executable, "-m", __name__, str(os.getpid()), *program)


def main() -> None:
    """Become the program that the arguments name: LAUNCHER_PID PROGRAM [ARGUMENT ...]."""
    launcher, *program = sys.argv[1:]
    follow(int(launcher))
    os.execv(program[0], program)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
