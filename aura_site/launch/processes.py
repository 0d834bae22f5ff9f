"""Child processes: start them, watch them, and end them in order. What they are for is
not known here."""

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Self

logger = logging.getLogger(__name__)

Child = subprocess.Popen[bytes]

POLL_S = 0.2
PAUSE_FIRST_S, PAUSE_MAX_S = 1.0, 30.0
STEADY_S = 60.0  # after so long a run, the next pause is the first one again

# Each signal in turn, with the seconds that it is given; after the last comes SIGKILL.
KEPT_STEPS = ((signal.SIGTERM, 3.0),)


@dataclass(frozen=True)
class Program:
    """What to run. `title` begins a sentence. Its output goes to `log`; without one it is
    ours, each line behind `mark` when there is one."""

    title: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    log: Path | None = None
    mark: str = ""


def start(program: Program) -> Child:
    """Start a program whose standard input is a pipe that ends when this process does."""
    log = program.log.open("wb") if program.log else None
    output = subprocess.PIPE if program.mark else log
    try:
        child = subprocess.Popen(  # noqa: S603 - the command is ours
            program.command,
            cwd=program.folder,
            env=dict(program.environment),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT if program.mark else log,
            # A session of its own: Ctrl-C in the terminal reaches this process alone,
            # which then ends the others in order.
            start_new_session=True,
        )
    finally:
        if log:
            log.close()
    if child.stdout:
        _mark_lines(child.stdout, program.mark)
    return child


def _mark_lines(lines: IO[bytes], mark: str) -> None:
    """Print what comes, line by line behind `mark`, in a thread that ends with it."""

    def print_all() -> None:
        with lines:
            for line in lines:
                text = line.decode(errors="replace").rstrip()
                print(f"{mark} {text}\n", end="", flush=True)

    threading.Thread(target=print_all, name=mark, daemon=True).start()


def end(child: Child, steps: Sequence[tuple[signal.Signals, float]]) -> int:
    """End a child and all that it started, and return its exit status.

    A KeyboardInterrupt meanwhile (Ctrl-C again) goes to the next step at once.
    """
    try:
        for number, within_s in steps:
            try:
                child.send_signal(number)
                return child.wait(within_s)
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                continue
        os.killpg(child.pid, signal.SIGKILL)
        return child.wait()
    finally:
        _close(child)


def _close(child: Child) -> None:
    if child.stdin:
        child.stdin.close()


class Process:
    """A program that runs from the start of a `with` block to its end."""

    def __init__(
        self, program: Program, steps: Sequence[tuple[signal.Signals, float]]
    ) -> None:
        self.program = program
        self._steps = steps
        self._child: Child | None = None

    def __enter__(self) -> Self:
        self._child = start(self.program)
        return self

    def __exit__(self, *_: object) -> None:
        if self._child:
            end(self._child, self._steps)

    @property
    def status(self) -> int | None:
        """The exit status (128 + n after signal n); None when it runs or never did."""
        code = self._child.poll() if self._child else None
        return 128 - code if code is not None and code < 0 else code

    def has_ended(self) -> bool:
        """Return whether it has ended."""
        return self.status is not None


class KeptProcess(Process):
    """A program that starts again when it ends by itself, after a pause that doubles."""

    def __init__(
        self,
        program: Program,
        clock: Callable[[], float] = time.monotonic,
        steps: Sequence[tuple[signal.Signals, float]] = KEPT_STEPS,
    ) -> None:
        super().__init__(program, steps)
        self._clock = clock
        self._pause_s = PAUSE_FIRST_S
        self._started_at = clock()
        self._start_at: float | None = None

    def tend(self) -> None:
        """Look once: note an end, or start again when the pause is over."""
        if not self.has_ended():
            return
        if self._start_at is None:
            self._plan_start()
        elif self._clock() >= self._start_at:
            self._start_again()

    def _plan_start(self) -> None:
        now = self._clock()
        if now - self._started_at >= STEADY_S:
            self._pause_s = PAUSE_FIRST_S
        self._start_at = now + self._pause_s
        logger.warning(
            "%s ended (exit status %s) and starts again in %.0f s. Its output: %s",
            self.program.title,
            self.status,
            self._pause_s,
            self.program.log or "above",
        )
        self._pause_s = min(self._pause_s * 2, PAUSE_MAX_S)

    def _start_again(self) -> None:
        if self._child:
            _close(self._child)
        self._started_at, self._start_at = self._clock(), None
        self._child = start(self.program)


def watch(main: Process, kept: Sequence[KeptProcess]) -> int:
    """Tend the kept processes until the main one ends, and return its exit status."""
    while (status := main.status) is None:
        for process in kept:
            process.tend()
        time.sleep(POLL_S)
    return status


def interrupt_on_stop_signals() -> None:
    """Make SIGTERM and SIGHUP raise KeyboardInterrupt, as Ctrl-C does.

    Only the first of them does: `make` and a process group may both pass on the same
    one, and a second interrupt means "at once".
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt_once)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # not under nohup
        signal.signal(signal.SIGHUP, _interrupt_once)


def _interrupt_once(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise KeyboardInterrupt
