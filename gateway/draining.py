"""The end of this process as its requests see it: new ones are still answered, those that
run may end, and shortly before the process is killed the rest are told so."""

import asyncio
from types import TracebackType
from typing import Any

from gateway.errors import SERVER_ERROR, GatewayError

Task = asyncio.Task[Any]


class ShuttingDown(GatewayError):
    """The server ends before the answer is complete."""

    status, type, code = 503, SERVER_ERROR, "server_shutting_down"
    headers = ((b"retry-after", b"1"),)

    def __init__(self) -> None:
        super().__init__("This server is being stopped or replaced. Ask again.")


class Drain:
    """Whether this process is to end, and the tasks that must be told when it does."""

    def __init__(self) -> None:
        self.is_on = False
        self.is_over = False
        """Whether the time for running requests is up."""
        self.ends_at: float | None = None
        """When it is, by the clock of the loop."""
        self._running: set[Task] = set()
        self._ended: set[Task] = set()

    def begin(self, grace_s: float) -> None:
        """Let requests run for `grace_s` more; called on the loop's thread."""
        if not self.is_on:
            loop = asyncio.get_running_loop()
            self.is_on, self.ends_at = True, loop.time() + grace_s
            loop.call_later(grace_s, self._end)

    def enter(self, task: Task) -> None:
        """Note a task that is to be cancelled when the time is up. Raises ShuttingDown
        when it is."""
        if self.is_over:
            raise ShuttingDown
        self._running.add(task)

    def leave(self, task: Task) -> None:
        """Forget a task."""
        self._running.discard(task)
        self._ended.discard(task)

    def has_ended(self, task: Task) -> bool:
        """Say, once, whether a task was cancelled because the time was up; if so, the
        cancel is taken back."""
        if task not in self._ended:
            return False
        self._ended.discard(task)
        task.uncancel()
        return True

    def _end(self) -> None:
        self.is_over = True
        for task in self._running:
            self._ended.add(task)
            task.cancel()


DRAIN = Drain()


class told_of_shutdown:
    """Within a task that the drain knows, raise ShuttingDown in place of its cancel."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            if task and DRAIN.has_ended(task):
                raise ShuttingDown from None
