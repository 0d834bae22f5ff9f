"""Keeping a layer's budget: once it is past without a first chunk, the next model is asked
beside the first, and whichever speaks first is taken."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from gateway.attempts import (
    Ask,
    attempt,
    may_fall_back,
    reason_of,
    settle,
)
from gateway.plans import Candidate
from gateway.underway import Call
from gateway.upstream import Upstream
from providers.errors import ProviderError

T = TypeVar("T")


async def raced(
    call: Call,
    upstream: Upstream,
    ask: Ask[T],
    drop: Callable[[T], Awaitable[None]],
    budget_s: float,
) -> T:
    """Return what the first candidate to answer gives; each gets `budget_s` before the
    next is asked beside it. The others are cancelled, or dropped when they had answered.

    Raises the first candidate's ProviderError when none answers.
    """
    race = _Race(call, upstream, ask)
    try:
        race.start("")
        while race.is_on:
            if not await race.next_done(budget_s):
                race.start("budget")
            elif winner := race.winner():
                return winner.result()
        raise race.first_error or AssertionError("a race without runners")
    finally:
        await race.stop(drop)


class _Race(Generic[T]):
    """The candidates that were asked so far, and those that were not."""

    def __init__(self, call: Call, upstream: Upstream, ask: Ask[T]) -> None:
        self.first_error: ProviderError | None = None
        self._call, self._upstream, self._ask = call, upstream, ask
        self._waiting = list(call.plan.candidates)
        self._running: dict[asyncio.Task[T], tuple[Candidate, str]] = {}
        self._won: asyncio.Task[T] | None = None

    @property
    def is_on(self) -> bool:
        return bool(self._running)

    def start(self, reason: str) -> None:
        """Ask the next candidate, if there is one."""
        if not self._waiting:
            return
        candidate = self._waiting.pop(0)
        asking = attempt(self._call, candidate, self._upstream, self._ask)
        self._running[asyncio.ensure_future(asking)] = candidate, reason

    async def next_done(self, budget_s: float) -> bool:
        """Wait for an answer or an error; False when the budget passed before."""
        timeout = budget_s if self._waiting else None
        if len(self._running) == 1 and timeout:
            timeout = max(0.0, self._call.began + budget_s - time.monotonic())
        done, _ = await asyncio.wait(
            self._running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        return bool(done)

    def winner(self) -> asyncio.Task[T] | None:
        """Return who answered; for each that failed the next one is started."""
        for task in [task for task in self._running if task.done()]:
            candidate, reason = self._running[task]
            error = task.exception()
            if error is None:
                settle(self._call, candidate, reason)
                self._won = task
                return task
            del self._running[task]
            self._failed(error)
        return None

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, ProviderError):
            raise error
        self.first_error = self.first_error or error
        if may_fall_back(error):
            self.start(reason_of(error))
        else:
            self._waiting.clear()

    async def stop(self, drop: Callable[[T], Awaitable[None]]) -> None:
        """Cancel the losers, and drop what they had."""
        losers = [task for task in self._running if task is not self._won]
        for task in losers:
            task.cancel()
        for outcome in await asyncio.gather(*losers, return_exceptions=True):
            if not isinstance(outcome, BaseException):
                await drop(outcome)
