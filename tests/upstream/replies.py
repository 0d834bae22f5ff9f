"""Writes one answer to the wire as its `Behaviour` says; knows nothing of threads."""

import asyncio
import socket
import struct
from collections.abc import Iterable, Mapping
from threading import Event
from typing import Any, NoReturn

from aiohttp import web

from tests.upstream import bodies
from tests.upstream.behaviour import Behaviour

POLL_S = 0.002
# Closing with "linger for 0 s" sends RST in place of FIN.
LINGER_0 = struct.pack("ii", 1, 0)


class Dropped(ConnectionError):
    """We cut the connection ourselves: nobody hung up."""


def wants_stream(path: str, body: Any, how: Behaviour) -> bool:
    """Say whether to answer piece by piece."""
    is_plain = how.status == 200 and how.body is None
    asks = path.endswith("/completions") and isinstance(body, dict)
    return bool(how.raw or (is_plain and asks and body.get("stream")))


async def stream(
    request: web.Request, body: Any, call: str, how: Behaviour, released: Event
) -> web.StreamResponse:
    """Write a stream of SSE events, or the raw pieces, as far as it is to go."""
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    response = web.StreamResponse(
        status=how.status, headers=headers | dict(how.headers)
    )
    await response.prepare(request)
    model = str(body.get("model", "")) if isinstance(body, dict) else ""
    if how.raw:
        await _write_counted(request, response, how.pieces, how, released)
        return response
    await response.write(bodies.role_chunk(model, call))
    chunks = bodies.content_chunks(model, call, how.chunk_count, how.tool_calls)
    await _write_counted(request, response, chunks, how, released)
    if not how.end_without_done:
        options = body.get("stream_options") or {}
        finish = "tool_calls" if how.tool_calls else "stop"
        with_usage = bool(options.get("include_usage"))
        last = bodies.last_chunks(model, call, how.chunk_count, finish, with_usage)
        await response.write(b"".join(last))
    return response


async def _write_counted(
    request: web.Request,
    response: web.StreamResponse,
    chunks: Iterable[bytes],
    how: Behaviour,
    released: Event,
) -> None:
    count = 0
    await _halt(request, count, how, released)
    for chunk in chunks:
        if count:
            await asyncio.sleep(how.chunk_interval_s)
        await response.write(chunk)
        count += 1
        await _halt(request, count, how, released)


async def _halt(
    request: web.Request, count: int, how: Behaviour, released: Event
) -> None:
    """Stand still or cut the connection when it is time for that."""
    while count == how.hold_after and not released.is_set():
        await asyncio.sleep(POLL_S)
    if count == how.drop_after:
        # RST can overtake what the client has not read yet.
        await asyncio.sleep(0.05)
        drop(request)


def drop(request: web.Request) -> NoReturn:
    """End the connection with RST."""
    if request.transport is not None:
        sock = request.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
        request.transport.abort()
    raise Dropped


def whole(
    path: str, body: Any, call: str, how: Behaviour, models: list[str]
) -> web.Response:
    """Return a whole answer: the scripted body, the scripted error or the true one."""
    if how.body is not None:
        answer = how.body(body) if callable(how.body) else how.body
        return _response(how.status, answer, how.headers)
    model = str(body.get("model", "")) if isinstance(body, dict) else ""
    if how.status != 200:
        return _response(how.status, bodies.error_body(how.status, model), how.headers)
    match path.removeprefix("/v1"):
        case "/chat/completions":
            answer = bodies.chat_body(model, call, how.tool_calls)
        case "/embeddings":
            dimension = how.dimension or body.get("dimensions") or 1536
            answer = bodies.embeddings_body(
                model, body, dimension, by_words=how.by_words
            )
        case "/models":
            answer = bodies.models_body(models)
        case other:
            return _response(404, bodies.error_body(404, other), how.headers)
    return _response(200, answer, how.headers)


def _response(status: int, body: Any, headers: Mapping[str, str]) -> web.Response:
    if isinstance(body, bytes):
        return web.Response(status=status, body=body, headers=headers)
    return web.json_response(body, status=status, headers=headers)
