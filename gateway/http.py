"""The little HTTP that the fast path needs, straight on ASGI: read a bounded body, send
JSON, send a stream, and know at once when the client has gone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import orjson

from gateway.errors import BadRequest, BodyTooLarge, ClientGone
from providers.json_text import read_json

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

BODY_MAX = 4 * 1024 * 1024
WATCH_AFTER_S = 0.05
JSON_TYPE: Header = (b"content-type", b"application/json")
STREAM_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


def header(scope: Scope, name: bytes) -> str:
    """Return a request header's first value, or ""."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return ""


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """Return the whole body.

    Raises BodyTooLarge past 4 MiB, before reading when its length is declared; ClientGone.
    """
    declared = header(scope, b"content-length")
    if declared.isdecimal() and int(declared[:20]) > BODY_MAX:
        raise BodyTooLarge(f"The body may have {BODY_MAX} bytes at most.")
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size, more = size + len(parts[-1]), message.get("more_body", False)
        if size > BODY_MAX:
            raise BodyTooLarge(f"The body may have {BODY_MAX} bytes at most.")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the body as a JSON object. Raises BadRequest."""
    try:
        parsed = read_json(body.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise BadRequest(f"The body is not valid JSON: {error}.") from None
    if not isinstance(parsed, dict):
        raise BadRequest("The body must be a JSON object.")
    return parsed


async def send_json(
    send: Send, status: int, body: Any, headers: Iterable[Header] = ()
) -> None:
    """Send one JSON answer."""
    data = orjson.dumps(body)
    length = (b"content-length", b"%d" % len(data))
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [JSON_TYPE, length, *headers],
    }
    await send(start)
    await send({"type": "http.response.body", "body": data})


async def start_stream(send: Send, headers: Iterable[Header]) -> None:
    """Begin an answer of server-sent events."""
    every = [*STREAM_HEADERS, *headers]
    await send({"type": "http.response.start", "status": 200, "headers": every})


async def send_event(send: Send, data: bytes) -> None:
    """Send one server-sent event."""
    event = b"data: " + data + b"\n\n"
    await send({"type": "http.response.body", "body": event, "more_body": True})


async def end_stream(send: Send) -> None:
    """End an answer of server-sent events."""
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@contextlib.asynccontextmanager
async def while_connected(receive: Receive) -> AsyncIterator[None]:
    """Run the block; when the client hangs up, cancel it within 50 ms and raise ClientGone.

    Call it after the body was read: then the next message can only be the disconnect.
    """
    task = asyncio.current_task()
    watch = _Watch(receive, task)
    # Most calls are over before a watch is worth its task.
    soon = asyncio.get_running_loop().call_later(WATCH_AFTER_S, watch.begin)
    try:
        yield
    except asyncio.CancelledError:
        if watch.is_gone and task:
            task.uncancel()
            raise ClientGone from None
        raise
    finally:
        soon.cancel()
        watch.end()


class _Watch:
    """Waits for the client to hang up, and then cancels the task that serves it."""

    def __init__(self, receive: Receive, served_by: "asyncio.Task[Any] | None") -> None:
        self.is_gone = False
        self._receive = receive
        self._served_by = served_by
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._wait())

    def end(self) -> None:
        if self._task:
            self._task.cancel()

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue
        self.is_gone = True
        if self._served_by:
            self._served_by.cancel()
