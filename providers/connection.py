"""One connection to a provider, with one exchange at a time: a request goes out, who waits
is woken when its answer comes or is due. Which provider that is, and when the connection
is used again, is not known here."""

import asyncio
from collections.abc import Callable
from typing import cast

from providers.http_answer import BadAnswer, HttpAnswer

# A stream whose reader lags behind by so much is not read on until it has caught up.
LAG_MAX = 256 * 1024


class Closed(ConnectionError):
    """The connection was closed before the answer was complete.

    `in_answer`: after its head. `is_stale`: before any byte of it, on a connection that
    was used before, as servers close those that were idle for too long.
    """

    def __init__(self, *, in_answer: bool = False, is_stale: bool = False) -> None:
        super().__init__()
        self.in_answer, self.is_stale = in_answer, is_stale


class Connection(asyncio.Protocol):
    """One exchange: `send` and await that, read `answer`, then `release`, `leave` or
    `abort`. Whoever sends owns the connection until then."""

    __slots__ = (
        "_ends",
        "_is_busy",
        "_is_left",
        "_is_paused",
        "_loop",
        "_on_free",
        "_on_lost",
        "_streams",
        "_taken",
        "_transport",
        "_waiter",
        "_was_used",
        "answer",
        "due",
        "error",
    )

    _transport: asyncio.Transport

    def __init__(
        self,
        on_free: Callable[["Connection"], None],
        on_lost: Callable[["Connection"], None],
    ) -> None:
        self.answer = HttpAnswer()
        self.error: Exception | None = None
        self.due = float("inf")  # the monotonic time at which to call `expire`
        self._loop = asyncio.get_running_loop()
        self._on_free, self._on_lost = on_free, on_lost
        self._waiter: asyncio.Future[None] | None = None
        self._is_busy = self._was_used = False

    @property
    def is_usable(self) -> bool:
        """Whether a request can be sent."""
        return not (self._is_busy or self._transport.is_closing())

    def send(
        self, request: bytes, due: float, *, limit: int, ends: float = 0.0
    ) -> "asyncio.Future[None]":
        """Send a request. What is returned is done when the whole answer is there; or,
        when `ends` is given, with the head of a success: then its body is a stream.

        `due` and `ends` are monotonic times, of this wait and of a whole stream; `limit`
        bounds the body. Awaiting raises Closed, BadAnswer or TimeoutError.
        """
        self.answer.expect(limit)
        self.due, self._ends, self._streams = due, ends or due, ends > 0.0
        self._taken = 0
        self._is_left = self._is_paused = False
        self._is_busy = True
        self._waiter = waiter = self._loop.create_future()
        self._transport.write(request)
        return waiter

    def more(self, due: float) -> "asyncio.Future[None]":
        """Return what is done when more of a stream has come, or its end, or an `error`,
        which is TimeoutError at `due`. Call it when `take` has nothing to give."""
        self.due = due
        self._waiter = waiter = self._loop.create_future()
        return waiter

    def take(self) -> bytes:
        """Return what has come of a stream since the last call."""
        self._taken = self.answer.size
        if self._is_paused and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()
        return self.answer.take()

    def release(self) -> None:
        """Let the connection be used again; close it when its answer is not at its end,
        or when anything came or is to be sent beside."""
        answer, transport = self.answer, self._transport
        self._is_busy = False
        if (
            not answer.keeps
            or answer.is_spoilt
            or transport.get_write_buffer_size()
            or transport.is_closing()
        ):
            transport.abort()
        else:
            self._was_used = True
            self._on_free(self)

    def leave(self, due: float) -> None:
        """As `release`, but first wait until `due` for an end that nobody reads."""
        if self.answer.is_complete or self.error:
            self.release()
        else:
            self.answer.give_up()
            self._is_left, self.due = True, due

    def abort(self) -> None:
        """Close the connection at once, which ends the request at the server."""
        self._is_busy = False
        self._transport.abort()

    def expire(self) -> None:
        """End what is due: a wait, with TimeoutError, or an idle connection."""
        if self._is_busy and not self.answer.is_complete:
            self._fail(TimeoutError())
        else:
            self.abort()

    def shut(self) -> None:
        """Close the connection, whatever it is doing."""
        if self._is_busy and not self.answer.is_complete:
            self._fail(Closed(in_answer=self.answer.status > 0))
        else:
            self.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and wake who waits for it."""
        answer = self.answer
        if not self._is_busy or answer.is_complete:
            self._refuse_stray()
            return
        try:
            is_complete = answer.feed(data)
        except BadAnswer as error:
            self._fail(error)
            return
        if is_complete:
            self._wake()
        elif self._streams and answer.status == 200:
            self._wake()
            self._wait_for_reader()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection for that of the answer where it is that."""
        self._on_lost(self)
        if self._is_busy and not self.answer.is_complete and not self.error:
            if exc is None and self.answer.end():
                self._wake()
            else:
                self._fail(self._closed())
        self.answer.close()

    # Inside.

    def _wake(self) -> None:
        if waiter := self._waiter:
            self._waiter = None
            self.due = self._ends
            if not waiter.done():
                waiter.set_result(None)
        elif self._is_left and self.answer.is_complete:
            self.release()

    def _fail(self, error: Exception) -> None:
        self.error = error
        self._transport.abort()
        if self._streams and self.answer.status == 200:
            self._wake()  # what came before is read first
        elif waiter := self._waiter:
            self._waiter = None
            if not waiter.done():
                waiter.set_exception(error)

    def _closed(self) -> Closed:
        answer = self.answer
        is_stale = self._was_used and not answer.has_begun
        return Closed(in_answer=answer.status > 0, is_stale=is_stale)

    def _wait_for_reader(self) -> None:
        if self.answer.size - self._taken > LAG_MAX and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    def _refuse_stray(self) -> None:
        """Take bytes that nobody asked for: no answer may be read into them."""
        self.answer.is_spoilt = True
        if not self._is_busy:
            self.abort()
