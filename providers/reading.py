"""From bytes to what a call gives: whole answers, chunks of a stream, and every failure as
one of ours."""

import ssl
import time

from providers.answers import Json, chunk_of, has_finish, rejection, unstreamed
from providers.connection import Closed, Connection
from providers.deadlines import Deadlines
from providers.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderNotReady,
    ProviderTimeout,
    ProviderTruncated,
    ProviderUnreachable,
)
from providers.http_answer import ERROR_MAX, RETRY_AFTER, TOO_LARGE, BadAnswer
from providers.registry import Provider
from providers.sse import EventParser, EventTooLong

ANSWER_MAX = 16 * 1024 * 1024
STREAM_MAX = 64 * 1024 * 1024
DONE = b"[DONE]"
# How long the end of a body may take after [DONE]; it follows at once.
LAST_BYTES_S = 0.25

# A ValueError is an address that cannot be built or looked up.
FAILURES = (OSError, ValueError)


def told(error: Exception, provider: Provider) -> ProviderError:
    """Return what a failure on the wire is to the caller. The text of the failure is left
    out where it is not ours: it can hold addresses."""
    name, title = provider.name, provider.title
    if isinstance(error, BadAnswer):
        return ProviderInvalid(f"{title} {error}.", provider=name)
    if isinstance(error, TimeoutError):
        return ProviderTimeout(f"{title} did not answer in time.", provider=name)
    if isinstance(error, Closed) and error.in_answer:
        text = f"{title} broke off in the middle of its answer."
        return ProviderTruncated(text, provider=name)
    absent = ProviderNotReady if provider.is_embedded else ProviderUnreachable
    why = provider.start_hint
    if isinstance(error, ssl.SSLCertVerificationError):
        why = "Its certificate is not one that this system trusts."
    return absent(f"{title} cannot be reached. {why}".rstrip(), provider=name)


def read_whole(connection: Connection, provider: Provider) -> bytes:
    """Return the body of a whole answer, and give its connection back.

    Raises ProviderRejected for an error status.
    """
    answer = connection.answer
    body, status = answer.take(), answer.status
    connection.release()
    if status != 200:
        retry_after = answer.fields.get(RETRY_AFTER, b"").decode("latin-1")
        raise rejection(status, body, retry_after, provider)
    return body


class ChunkReader:
    """The chunks of one stream within its deadlines: `chunks` hands out what is there,
    `more` waits until more is. `began` is when the call began, in monotonic time."""

    __slots__ = (
        "_between_s",
        "_connection",
        "_due",
        "_ends",
        "_has_begun",
        "_is_finished",
        "_opening",
        "_parser",
        "_provider",
        "is_over",
    )

    def __init__(
        self,
        connection: Connection,
        provider: Provider,
        deadlines: Deadlines,
        began: float,
    ) -> None:
        self._connection, self._provider = connection, provider
        self._due = began + deadlines.first_chunk_s
        self._ends = began + deadlines.total_s
        self._between_s = deadlines.between_chunks_s
        self._parser = EventParser()
        self._opening = b""  # of the body, up to the first chunk
        self._has_begun = self._is_finished = self.is_over = False

    async def events(self) -> list[bytes]:
        """Return the data of the events that have come; wait where none have.

        Raises ProviderError, at the latest when the stream ends without a finish_reason,
        be it with [DONE] or not.
        """
        connection = self._connection
        while not (part := connection.take()):
            if connection.answer.is_complete:
                return self._last_events()
            if connection.error:
                raise told(connection.error, self._provider)
            # Comments keep a stream alive, but they are no first chunk.
            if self._has_begun:
                self._due = time.monotonic() + self._between_s
            await connection.more(min(self._due, self._ends))
        return self._fed(part)

    def chunk(self, data: bytes) -> Json | None:
        """Return the chunk in an event; None when it is blank, [DONE] or after that.

        Raises ProviderError.
        """
        if self.is_over or not data or data.isspace():
            return None
        if data.startswith(DONE) and data.strip() == DONE:
            self._end()
            return None
        if not self._has_begun:
            self._has_begun, self._opening = True, b""
        chunk = chunk_of(data, self._provider)
        if not self._is_finished:
            self._is_finished = has_finish(chunk)
        return chunk

    def close(self) -> None:
        """Give the connection back; one whose stream is not over is closed, which ends the
        request at the server."""
        if self.is_over:
            self._connection.leave(time.monotonic() + LAST_BYTES_S)
        else:
            self._connection.abort()

    def _fed(self, part: bytes) -> list[bytes]:
        if not self._has_begun and len(self._opening) <= ERROR_MAX:
            self._opening += part
        try:
            return self._parser.feed(part)
        except EventTooLong:
            raise told(BadAnswer(TOO_LARGE), self._provider) from None

    def _last_events(self) -> list[bytes]:
        events = self._parser.close()
        if not events:
            self._end()
        return events

    def _end(self) -> None:
        self.is_over = True
        if not self._has_begun and (error := unstreamed(self._opening, self._provider)):
            raise error
        if not self._is_finished:
            raise ProviderTruncated(
                f"{self._provider.title} ended its stream before its answer was complete.",
                provider=self._provider.name,
            )
