"""Know soon when a client has gone, or this process ends, and end what runs for it."""

import asyncio
from typing import Any

from gateway.draining import DRAIN, ShuttingDown
from gateway.errors import ClientGone
from gateway.http import Receive

LOOK_S = 0.03
"""Most calls are over before a watch is worth its task: those that two looks find get one."""


class while_connected:
    """Run the block; when the client hangs up, cancel it within 60 ms and raise ClientGone.
    When the process ends before it, cancel it and raise ShuttingDown.

    Call it after the body was read: then the next message can only be the disconnect.
    """

    __slots__ = ("_is_gone", "_receive", "_task", "_watch")

    def __init__(self, receive: Receive) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("There is no task that could be cancelled.")
        self._task = task
        self._receive = receive
        self._watch: asyncio.Task[None] | None = None
        self._is_gone = False

    def __enter__(self) -> None:
        DRAIN.enter(self._task)
        LOOKOUT.add(self)

    def __exit__(
        self, kind: object, error: BaseException | None, trace: object
    ) -> None:
        LOOKOUT.drop(self)
        if self._watch:
            self._watch.cancel()
        try:
            if isinstance(error, asyncio.CancelledError):
                self._explain()
        finally:
            DRAIN.leave(self._task)

    def watch(self) -> None:
        """Begin to wait for the client to hang up."""
        self._watch = asyncio.get_running_loop().create_task(self._wait())

    def _explain(self) -> None:
        """Raise what a cancel of ours stood for."""
        if self._is_gone:
            self._task.uncancel()
            raise ClientGone from None
        if DRAIN.has_ended(self._task):
            raise ShuttingDown from None

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue
        self._is_gone = True
        self._task.cancel()


class Lookout:
    """Lets those begin to watch that are still there at a second look. One clock for all: a
    timer of its own costs each call more than it is worth."""

    def __init__(self) -> None:
        self._new: set[while_connected] = set()
        self._seen: set[while_connected] = set()
        self._loop: Any = None

    def add(self, block: while_connected) -> None:
        """Look after a block that begins."""
        self._new.add(block)
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            loop.call_later(LOOK_S, self._look)

    def drop(self, block: while_connected) -> None:
        """Forget a block that is over."""
        self._new.discard(block)
        self._seen.discard(block)

    def _look(self) -> None:
        for block in self._seen:
            block.watch()
        self._seen, self._new = self._new, set()
        if self._seen:
            self._loop.call_later(LOOK_S, self._look)
        else:
            self._loop = None


LOOKOUT = Lookout()
