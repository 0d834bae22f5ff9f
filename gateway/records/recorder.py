"""Where calls wait that are over: a bounded queue, and one thread per process that hands them
in batches to those who keep and count them. What those do with them is not known here."""

import logging
import os
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence

from gateway.records.finished import FinishedCall
from gateway.records.pace import Pace

logger = logging.getLogger(__name__)

WAITING_MAX = 10_000
BATCH_MAX = 1_000
EVERY_S = 0.25
CHORES_EVERY_S = 1.0

Sink = Callable[[Sequence[FinishedCall]], None]
"""Takes a batch. What it raises is logged, and harms no other sink."""
Chore = Callable[[], None]
"""Something small to be done now and then, such as looking at a file's time."""


class Recorder:
    """Takes calls on the loop's thread, at the cost of an append, and deals with them on its
    own."""

    def __init__(self) -> None:
        self._sinks: tuple[Sink, ...] = ()
        self._chores: tuple[Chore, ...] = ()
        self._paces: defaultdict[object, Pace] = defaultdict(Pace)
        self._is_fork_watched = False
        self._reset()

    def _reset(self) -> None:
        """Hold nothing. Also in a process just forked: what was waiting is its parent's, and
        so is the thread; `note` starts another."""
        self._waiting: deque[FinishedCall] = deque()
        self._dropped = self._told = 0
        self._chores_at = 0.0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """How many calls wait to be handed on."""
        return len(self._waiting)

    @property
    def dropped(self) -> int:
        """How many calls of this process found the queue full, and are lost."""
        return self._dropped

    def note(self, finished: FinishedCall) -> None:
        """Take a call that is over. Never blocks and never raises."""
        if len(self._waiting) >= WAITING_MAX:
            self._dropped += 1
            return
        self._waiting.append(finished)
        if self._thread is None:
            self._begin()

    def start(self, sinks: Sequence[Sink], chores: Sequence[Chore] = ()) -> None:
        """Hand what is noted to `sinks` from now on, and do `chores` every second."""
        self._sinks, self._chores = tuple(sinks), tuple(chores)
        if not self._is_fork_watched:
            os.register_at_fork(after_in_child=self._reset)
            self._is_fork_watched = True
        self._begin()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Hand on what is waiting, and end the thread; wait for it no longer than that."""
        self._stop.set()
        if self._thread and self._thread.is_alive():
            self._thread.join(timeout_s)
        if self._sinks and self._waiting:
            logger.error("Not on record: %d calls of the last moment.", self.waiting)

    def _begin(self) -> None:
        with self._lock:
            is_alive = self._thread is not None and self._thread.is_alive()
            if is_alive or not self._sinks:
                return
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._stop,), name="recorder", daemon=True
            )
            self._thread.start()

    def _run(self, stop: threading.Event) -> None:
        self._do_chores()
        while not stop.wait(EVERY_S):
            self._hand_over()
            self._tell_of_dropped()
            if time.monotonic() >= self._chores_at:
                self._do_chores()
        self._hand_over()

    def _hand_over(self) -> None:
        # So many rounds and no more: notes may come in as quickly as they go out.
        for _ in range(WAITING_MAX // BATCH_MAX + 1):
            count = min(len(self._waiting), BATCH_MAX)
            if not count:
                return
            batch = [self._waiting.popleft() for _ in range(count)]
            for sink in self._sinks:
                self._do(sink, batch)

    def _do_chores(self) -> None:
        for chore in self._chores:
            self._do(chore)
        self._chores_at = time.monotonic() + CHORES_EVERY_S

    def _do(self, step: Callable[..., None], *arguments: object) -> None:
        try:
            step(*arguments)
        except Exception:
            # Whatever is wrong with one must not end the thread, nor keep the others waiting.
            if self._paces[step].is_due():
                logger.exception("A step of the recorder failed; the others go on.")

    def _tell_of_dropped(self) -> None:
        dropped = self._dropped
        if dropped > self._told and self._paces["dropped"].is_due():
            self._told = dropped
            logger.error(
                "Not on record: %d calls since the start, because %d were waiting already. "
                "The database or the disk of the data folder is too slow.",
                dropped,
                WAITING_MAX,
            )


RECORDER = Recorder()
