"""The handler that takes log lines from whoever logs and writes them from a thread of its
own, so that nobody who logs waits for the disk, the terminal or the pipe that reads them."""

import logging
import os
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import TextIO

from aura_site.logs import LineFormatter

PAUSE_S = 0.05
FLUSH_S = 2.0
LINES_MAX = 10_000
BATCH_MAX = 1_000


class QueuedHandler(logging.Handler):
    """Writes lines every 50 ms, from WARNING on at once.

    Beyond LINES_MAX waiting ones lines are lost; they are counted, and a line says so.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream or sys.stderr
        self._lost = self._lost_and_said = 0
        self._is_closed = False
        self._begin()
        begin = weakref.WeakMethod(self._begin)
        os.register_at_fork(after_in_child=lambda: _call(begin))

    def _begin(self) -> None:
        """Hold no line and no thread. Also in a process just forked: what was waiting is
        written by its parent."""
        self._lines: deque[str] = deque()
        self._thread: threading.Thread | None = None
        self._is_idle = self._is_writing = False
        self._wake, self._hurry = threading.Event(), threading.Event()
        self._counting, self._writing = threading.Lock(), threading.Lock()

    @property
    def lost(self) -> int:
        """How many lines of this process were never written."""
        return self._lost

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a record as every handler does, but without its lock: a deque needs none."""
        is_wanted = bool(self.filter(record))
        if is_wanted:
            self.emit(record)
        return is_wanted

    def emit(self, record: logging.LogRecord) -> None:
        """Format a record and leave the line to the thread."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - a wrong log call must not fail a request
            self.handleError(record)
            return
        self._take(line)
        if record.levelno >= logging.WARNING:
            self._hurry.set()

    def info(self, message: str) -> None:
        """Take a message of level INFO as if it had been logged, at a fifth of the cost: a
        record says much that a line does not show."""
        if isinstance(self.formatter, LineFormatter):
            self._take(self.formatter.line(time.time(), "INFO", message))
        else:
            self.handle(_record(logging.INFO, message))

    def _take(self, line: str) -> None:
        """Leave a line to the thread."""
        if len(self._lines) >= LINES_MAX:
            self._lose(1)
            return
        self._lines.append(line)
        if self._thread is None:
            self._start()
        if self._is_idle:
            self._wake.set()

    def flush(self) -> None:
        """Wait until every line is written, FLUSH_S at most."""
        until = time.monotonic() + FLUSH_S
        while (self._lines or self._is_writing) and time.monotonic() < until:
            self._wake.set()
            self._hurry.set()
            time.sleep(0.001)

    def close(self) -> None:
        """Write what waits and end the thread; a line that comes later is written at once,
        by whoever logs it."""
        self.flush()
        self._is_closed = True
        self._wake.set()
        self._hurry.set()
        super().close()

    def _start(self) -> None:
        if self._is_closed or not self._has_thread():
            self._write_all()

    def _has_thread(self) -> bool:
        """Start the thread unless another has; none can be had at the interpreter's end."""
        thread = threading.Thread(target=self._run, name="log-lines", daemon=True)
        with self._counting:
            try:
                if self._thread is None:
                    thread.start()
                    self._thread = thread
            except RuntimeError:
                return False
        return True

    def _run(self) -> None:
        while not self._is_closed:
            # In this order: who logs appends first and looks at the flag after that, so
            # either it sees the flag or the thread sees the line.
            self._is_idle = True
            if not self._lines:
                self._wake.wait()
            self._is_idle = False
            self._wake.clear()
            self._hurry.wait(PAUSE_S)
            self._hurry.clear()
            self._write_all()
        self._thread = None
        self._write_all()

    def _write_all(self) -> None:
        with self._writing:
            self._is_writing = True
            while self._lines:
                count = min(len(self._lines), BATCH_MAX)
                lines = [self._lines.popleft() for _ in range(count)]
                if not self._write(lines):
                    self._lose(count)
            lost = self._lost - self._lost_and_said
            if lost and self._write([self._sentence(lost)]):
                self._lost_and_said += lost
            self._is_writing = False

    def _write(self, lines: list[str]) -> bool:
        """Say whether the stream took the lines."""
        try:
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # the reader has gone, or the stream is closed
            return False
        return True

    def _lose(self, count: int) -> None:
        with self._counting:
            self._lost += count

    def _sentence(self, lost: int) -> str:
        text = f"Log lines that nobody took in time were lost: {lost}"
        return self.format(_record(logging.WARNING, text))


def _record(level: int, message: str) -> logging.LogRecord:
    return logging.LogRecord(__name__, level, "", 0, message, (), None)


def lost_lines() -> int:
    """Return how many lines of this process were never written."""
    ours = (h for h in logging.getLogger().handlers if isinstance(h, QueuedHandler))
    return sum(handler.lost for handler in ours)


def _call(method: "weakref.WeakMethod[Callable[[], None]]") -> None:
    if alive := method():
        alive()
