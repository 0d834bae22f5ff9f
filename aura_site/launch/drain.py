"""The end of a gunicorn worker, from SIGTERM on: what runs may end, what comes on open
connections is answered and told that it was the last, and nobody's request is lost."""

import asyncio
import signal
from collections.abc import Callable

from gunicorn.workers import gasgi  # type: ignore[import-untyped]

from aura_site.launch.connections import (
    PATROL_S,
    Application,
    Connection,
    Patrol,
    allow_many,
)

# A client that is busy sends its next request within this time and is told in the answer
# that the connection closes; whoever is silent for so long loses nothing. New connections
# are taken as long: after a HUP the new workers are not there yet.
IDLE_S = 2.0
LOOK_S = 0.1
# Before `graceful_timeout` is over, when gunicorn's master sends SIGKILL: what runs is told
# to end, then what is left is cut, and the worker takes its leave.
TELL_BEFORE_S = 2.0
CUT_BEFORE_S = 1.3


def attend(
    worker: gasgi.ASGIWorker,
    tell: Callable[[float], None],
    direct: Callable[[str], Application | None],
) -> None:
    """Watch over the connections of a worker that is about to serve, until its end.

    At SIGTERM `tell` is called, with the seconds that running requests have left. What
    `direct` gives for a path answers it without gunicorn's look at each header.
    """
    allow_many()
    Connection.direct = staticmethod(direct)
    # Looked for on the class that gunicorn looks at, else it takes its slow parser.
    gasgi.ASGIProtocol._check_h1c_protocol_available()
    gasgi.ASGIProtocol = Connection
    Attendant(worker, tell).start()


class Attendant:
    """Looks after the connections of one worker."""

    def __init__(self, worker: gasgi.ASGIWorker, tell: Callable[[float], None]) -> None:
        self._worker, self._tell = worker, tell
        self._loop: asyncio.AbstractEventLoop = worker.loop
        self._patrol = Patrol(float(worker.cfg.keepalive))
        self._told_at: float | None = None
        self._is_listening = True
        self._next: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to look, and take SIGTERM over from gunicorn."""
        self._loop.add_signal_handler(signal.SIGTERM, self.stop)
        # gunicorn.conf.py held it back until the loop runs.
        self._loop.call_soon(
            signal.pthread_sigmask, signal.SIG_UNBLOCK, {signal.SIGTERM}
        )
        self._look()

    def stop(self) -> None:
        """Let the worker end, as soon as nobody loses by it."""
        if self._told_at is None:
            self._told_at = self._loop.time()
            Connection.last_answers = True
            self._tell(max(self._grace_s - TELL_BEFORE_S, 0.0))
            self._look()

    @property
    def _grace_s(self) -> float:
        return float(self._worker.cfg.graceful_timeout)

    def _look(self) -> None:
        if self._next:
            self._next.cancel()
        if self._told_at is None:
            self._patrol.look()
            self._next = self._loop.call_later(PATROL_S, self._look)
        elif not self._has_ended(self._loop.time() - self._told_at):
            self._next = self._loop.call_later(LOOK_S, self._look)

    def _has_ended(self, waited_s: float) -> bool:
        """Bring the end nearer, if it is time; return whether it has come."""
        if not (Connection.open or self._is_listening):
            self._end()
            return True
        if waited_s >= IDLE_S:
            self._patrol.limit_s |= {"idle": IDLE_S, "head": IDLE_S}
        self._patrol.look()
        if self._is_listening and (waited_s >= IDLE_S or not Connection.open):
            self._stop_listening()
        if waited_s >= self._grace_s - CUT_BEFORE_S:
            for connection in tuple(Connection.open):
                connection.abort()
        return False

    def _stop_listening(self) -> None:
        # The look after this one finds the connection that came in the last moment.
        self._is_listening = False
        for server in self._worker.servers:
            server.close()

    def _end(self) -> None:
        is_serving = self._worker.alive and self._worker.servers
        self._worker.handle_exit_signal()
        if is_serving:
            # gunicorn sleeps for up to a second between two looks at its signal.
            for task in asyncio.all_tasks(self._loop):
                if task.get_coro().__name__ == "_serve":  # type: ignore[union-attr]
                    task.cancel()
