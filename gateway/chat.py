"""`POST /v1/chat/completions`, plain and streamed."""

import logging
from collections.abc import AsyncGenerator
from typing import Any

import orjson

from gateway import calls
from gateway.calls import Call
from gateway.errors import BadRequest, GatewayError, from_provider
from gateway.http import (
    end_stream,
    send_event,
    send_json,
    start_stream,
    while_connected,
)
from gateway.request import Request
from providers.errors import ProviderError

logger = logging.getLogger(__name__)

Json = dict[str, Any]


async def chat_completions(request: Request) -> None:
    """Answer one chat completion.

    Raises GatewayError or ProviderError while nothing has been sent yet.
    """
    request.authenticate()
    body = await request.json()
    _check(body)
    target = request.target(body)
    if target.layer == "embedding":
        raise BadRequest(
            "The embedding layer does not chat: ask for aura/l1, aura/l2 or aura/l3.",
            param="model",
        )
    call = request.begin(target)
    async with while_connected(request.receive):
        if body.get("stream"):
            await _streamed(request, call, body)
        else:
            answer = await calls.chat(call, body, request.around.client)
            await send_json(request.send, 200, answer, request.headers)


def _check(body: Json) -> None:
    """Raise BadRequest when a field that is read here is of another type."""
    messages = body.get("messages")
    if not messages or not isinstance(messages, list):
        raise BadRequest("Give `messages`, a list with at least one.", param="messages")
    if not all(isinstance(message, dict) for message in messages):
        raise BadRequest("Each of the `messages` is an object.", param="messages")
    _check_stream(body.get("stream"), body.get("stream_options"))


def _check_stream(stream: Any, options: Any) -> None:
    if not isinstance(stream, bool | None):
        raise BadRequest("`stream` is true or false.", param="stream")
    if not isinstance(options, dict | None):
        raise BadRequest("`stream_options` is an object.", param="stream_options")
    if options and not isinstance(options.get("include_usage"), bool | None):
        raise BadRequest("`include_usage` is true or false.", param="stream_options")


async def _streamed(request: Request, call: Call, body: Json) -> None:
    """Send the stream. The first chunk is awaited before the status goes out, so that an
    early failure is an error with its own status."""
    chunks = calls.stream_chat(call, body, request.around.client)
    try:
        first = await anext(chunks)
        await start_stream(request.send, request.headers)
        await _send_chunk(request, first, body)
        await _rest(request, chunks, first, body)
    finally:
        await chunks.aclose()


async def _rest(
    request: Request, chunks: AsyncGenerator[Json, None], first: Json, body: Json
) -> None:
    """Send what follows the first chunk; a failure becomes an event, never a silent end."""
    try:
        async for chunk in chunks:
            await _send_chunk(request, chunk, body)
    except ProviderError as error:
        logger.error("A stream broke off: call=%s %s", request.id, type(error).__name__)
        await send_event(
            request.send, orjson.dumps(_error_chunk(first, from_provider(error)))
        )
    else:
        await send_event(request.send, b"[DONE]")
    await end_stream(request.send)


async def _send_chunk(request: Request, chunk: Json, body: Json) -> None:
    """Send a chunk; the one with the usage only to a client that asked for it."""
    if "usage" not in chunk or _wants_usage(body):
        await send_event(request.send, orjson.dumps(chunk))


def _wants_usage(body: Json) -> bool:
    options = body.get("stream_options")
    return isinstance(options, dict) and bool(options.get("include_usage"))


def _error_chunk(first: Json, error: GatewayError) -> Json:
    """A chunk with a top-level error: the shape on which OpenAI's clients raise."""
    head = {name: first[name] for name in ("id", "object", "created", "model")}
    choice = {"index": 0, "delta": {}, "finish_reason": "error"}
    return {**head, "choices": [choice], **error.body()}
