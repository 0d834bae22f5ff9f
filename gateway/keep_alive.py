"""Signs of life in a stream that is silent: comments that clients skip, sent so that no
proxy takes the connection for dead. Most cut one that is silent for 60 s."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self

from gateway.http import Send

# Until then an error can still have a status of its own; after it, it is an event.
FIRST_PING_S = 15.0
PING_S = 10.0
PING = b": ping\n\n"


class KeepAlive:
    """Sends the status and pings of one stream: the first FIRST_PING_S after the begin
    when no chunk came before, later ones after PING_S to 2 * PING_S of silence.

    A chunk costs one assignment: `keep_alive.is_quiet = False`.
    """

    __slots__ = ("_begin", "_next", "_ping", "_send", "has_begun", "is_quiet")

    def __init__(self, begin: Callable[[], Awaitable[None]], send: Send) -> None:
        """`begin` sends the status; `send` is that of the request."""
        self._begin, self._send = begin, send
        self.has_begun = False
        self.is_quiet = True
        self._ping: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._look_in(FIRST_PING_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._next.cancel()
        if self._ping:
            self._ping.cancel()

    async def begin(self) -> None:
        """Send the status, unless a ping has."""
        if not self.has_begun:
            self.has_begun = True
            await self._begin()

    def _look_in(self, seconds: float) -> None:
        self._next = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        is_waiting = self._ping is not None and not self._ping.done()
        if self.is_quiet and not is_waiting:
            # A task of its own, since `send` waits for a client that does not read. What
            # a server is given in one `send` it writes in one piece, so that pings stand
            # between chunks, and never in one.
            self._ping = asyncio.get_running_loop().create_task(self._send_ping())
        self.is_quiet = True
        self._look_in(PING_S)

    async def _send_ping(self) -> None:
        await self.begin()
        await self._send(
            {"type": "http.response.body", "body": PING, "more_body": True}
        )
