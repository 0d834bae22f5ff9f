"""The little HTTP that the fast path needs, straight on ASGI: read a bounded body, send
JSON, send a stream, and know at once when the client has gone."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import orjson

from gateway.draining import DRAIN, ShuttingDown
from gateway.errors import BadRequest, BodyTooLarge, ClientGone
from providers.json_text import read_json

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

BODY_MAX = 4 * 1024 * 1024
BODY_TOO_LARGE = f"The body may have {BODY_MAX} bytes at most."
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


def declares_too_much(scope: Scope) -> bool:
    """Say whether the declared length of the body is over 4 MiB."""
    declared = header(scope, b"content-length")
    return declared.isdecimal() and int(declared[:20]) > BODY_MAX


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """Return the whole body.

    Raises BodyTooLarge past 4 MiB, before reading when its length is declared; ClientGone.
    """
    if declares_too_much(scope):
        raise BodyTooLarge(BODY_TOO_LARGE)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size, more = size + len(parts[-1]), message.get("more_body", False)
        if size > BODY_MAX:
            raise BodyTooLarge(BODY_TOO_LARGE)
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


class while_connected:
    """Run the block; when the client hangs up, cancel it within 50 ms and raise ClientGone.
    When the process ends before it, cancel it and raise ShuttingDown.

    Call it after the body was read: then the next message can only be the disconnect.
    """

    __slots__ = ("_soon", "_task", "_watch")

    def __init__(self, receive: Receive) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("There is no task that could be cancelled.")
        self._task = task
        self._watch = _Watch(receive, task)

    async def __aenter__(self) -> None:
        DRAIN.enter(self._task)
        # Most calls are over before a watch is worth its task.
        loop = asyncio.get_running_loop()
        self._soon = loop.call_later(WATCH_AFTER_S, self._watch.begin)

    async def __aexit__(
        self, kind: object, error: BaseException | None, trace: object
    ) -> None:
        self._soon.cancel()
        self._watch.end()
        try:
            if isinstance(error, asyncio.CancelledError):
                self._explain()
        finally:
            DRAIN.leave(self._task)

    def _explain(self) -> None:
        """Raise what a cancel of ours stood for."""
        if self._watch.is_gone:
            self._task.uncancel()
            raise ClientGone from None
        if DRAIN.has_ended(self._task):
            raise ShuttingDown from None


class _Watch:
    """Waits for the client to hang up, and then cancels the task that serves it."""

    def __init__(self, receive: Receive, served_by: "asyncio.Task[Any]") -> None:
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
        self._served_by.cancel()
