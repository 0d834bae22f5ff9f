"""The little HTTP that the fast path needs, straight on ASGI: read a bounded body, send
JSON, send a stream."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
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
BODY_TOO_LARGE = f"The body may have {BODY_MAX} bytes at most."
NOSNIFF: Header = (b"x-content-type-options", b"nosniff")
JSON_HEADERS: tuple[Header, ...] = ((b"content-type", b"application/json"), NOSNIFF)
STREAM_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    NOSNIFF,
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


def header(scope: Scope, name: bytes) -> str:
    """Return a request header's first value, or ""."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return ""


def fields(scope: Scope) -> dict[bytes, bytes]:
    """Return the request headers by name, of each the first value."""
    return dict(reversed(scope["headers"]))


def declares_too_much(length: bytes) -> bool:
    """Say whether a Content-Length is over 4 MiB."""
    return len(length) > 6 and length.isdigit() and int(length[:20]) > BODY_MAX


async def read_body(length: bytes, receive: Receive) -> bytes:
    """Return the whole body; `length` is its Content-Length, or b"".

    Raises BodyTooLarge past 4 MiB, before reading when its length is declared; ClientGone.
    """
    if declares_too_much(length):
        raise BodyTooLarge(BODY_TOO_LARGE)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size, more = size + len(part), message.get("more_body", False)
        if size > BODY_MAX:
            raise BodyTooLarge(BODY_TOO_LARGE)
        if not (more or parts):
            return bytes(part)
        parts.append(part)
    return b"".join(parts)


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
        "headers": [*JSON_HEADERS, length, *headers],
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
