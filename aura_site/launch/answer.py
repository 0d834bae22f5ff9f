"""An answer of the data plane, written to its connection as it comes. gunicorn checks and
copies each header of an answer for applications of any kind; ours makes few, and always the
same ones."""

from collections.abc import Sequence
from typing import Any

from gunicorn.asgi.protocol import (  # type: ignore[import-untyped]
    _get_cached_date_header as date_line,
)
from gunicorn.asgi.protocol import (
    _get_cached_status_line as status_line,
)

from gateway.http import Header, Message

# A body as large is not copied to stand behind its head.
NO_COPY_FROM = 64 * 1024
_LENGTH = b"\r\ncontent-length: "
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_CLOSE = b"Connection: close\r\n"


class Answer:
    """The `send` of one request over HTTP/1.1; the method is not HEAD."""

    __slots__ = (
        "_connection",
        "_head",
        "_is_chunked",
        "_request",
        "has_begun",
        "is_over",
    )

    def __init__(self, connection: Any, request: Any) -> None:
        self._connection = connection
        self._request = request
        self._head = b""
        self._is_chunked = False
        self.has_begun = False
        self.is_over = False

    async def send(self, message: Message) -> None:
        """Take a message of ASGI's. Waits while the client reads too slowly."""
        connection = self._connection
        if connection._closed:
            return
        if message["type"] == "http.response.start":
            self._begin(message["status"], message["headers"])
            return
        is_last = not message.get("more_body", False)
        self._write(message["body"], is_last)
        self.is_over = is_last
        if connection._flow_control.write_paused:
            await connection._flow_control.drain()

    def _begin(self, status: int, headers: Sequence[Header]) -> None:
        """Make the head, to be written with the first of the body."""
        first = status_line(self._request.version, status)
        lines = first + b"\r\n".join([*map(b": ".join, headers), b""])
        if not lines.count(b"\n") == len(headers) + 1:
            raise ValueError("A header of the answer has a line break.")
        self.has_begun = True
        self._is_chunked = _LENGTH not in lines
        self._head = b"%b%b%b%b\r\n" % (
            lines,
            date_line(),
            _CHUNKED if self._is_chunked else b"",
            _CLOSE if self._connection.ends_with(self._request) else b"",
        )

    def _write(self, body: bytes, is_last: bool) -> None:
        head, self._head = self._head, b""
        if self._is_chunked:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            head += chunk + b"0\r\n\r\n" if is_last else chunk
        elif len(body) < NO_COPY_FROM:
            head += body
        if head:
            self._connection._safe_write(head)
        if not self._is_chunked and len(body) >= NO_COPY_FROM:
            self._connection._safe_write(body)
