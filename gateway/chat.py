"""`POST /v1/chat/completions`, plain and streamed."""

import logging
from collections.abc import AsyncGenerator
from typing import Any

import orjson

from gateway import abilities, calls
from gateway.connected import while_connected
from gateway.draining import ShuttingDown, told_of_shutdown
from gateway.errors import BadRequest, from_provider
from gateway.http import end_stream, send_event
from gateway.in_flight import IN_FLIGHT
from gateway.keep_alive import KeepAlive
from gateway.kept.keeper import KEEPER
from gateway.kept.reply import WholeReply
from gateway.request import Request
from gateway.underway import Call
from providers.errors import ProviderError

logger = logging.getLogger(__name__)

Json = dict[str, Any]


async def chat_completions(request: Request) -> None:
    """Answer one chat completion.

    Raises GatewayError or ProviderError while nothing has been sent yet.
    """
    request.authenticate("chat")
    with IN_FLIGHT.one():
        request.admit()
        body = await request.json()
        _check(body)
        plan = request.plan(body)
        if plan.target.layer == "embedding":
            raise BadRequest(
                "The embedding layer does not chat: ask for aura/l1, aura/l2 or aura/l3.",
                param="model",
            )
        is_streamed = bool(body.get("stream"))
        call = request.begin(plan, is_streamed=is_streamed)
        call.abilities = abilities.used_in(body)
        with while_connected(request.receive):
            if is_streamed:
                await _streamed(request, call, body)
            else:
                answer = await calls.chat(call, body, request.around.upstream)
                await request.answer(200, answer)
                if KEEPER.is_on:
                    KEEPER.note(call, body, request.length, WholeReply(answer))


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
    early failure is an error with its own status; a later one is an event."""
    chunks = calls.stream_chat(call, body, request.around.upstream)
    if KEEPER.is_on:
        chunks = KEEPER.overheard(call, body, request.length, chunks)
    with KeepAlive(request.start_stream, request.send) as keep_alive:
        try:
            with told_of_shutdown():
                await _send_chunks(request, chunks, keep_alive, _wants_usage(body))
            last = b"[DONE]"
        except (ProviderError, ShuttingDown) as error:
            if not keep_alive.has_begun:
                raise
            last = orjson.dumps(_error_chunk(call, error))
        finally:
            await chunks.aclose()
    await send_event(request.send, last)
    await end_stream(request.send)


async def _send_chunks(
    request: Request,
    chunks: AsyncGenerator[Json, None],
    keep_alive: KeepAlive,
    wants_usage: bool,
) -> None:
    """Send each chunk as it comes; the one with the usage only to who asked for it."""
    async for chunk in chunks:
        keep_alive.is_quiet = False
        if not keep_alive.has_begun:
            await keep_alive.begin()
        if wants_usage or "usage" not in chunk:
            await send_event(request.send, orjson.dumps(chunk))


def _wants_usage(body: Json) -> bool:
    options = body.get("stream_options")
    return isinstance(options, dict) and bool(options.get("include_usage"))


def _error_chunk(call: Call, error: ProviderError | ShuttingDown) -> Json:
    """A chunk with a top-level error: the shape on which OpenAI's clients raise."""
    logger.error("A stream broke off: call=%s %s", call.id, type(error).__name__)
    told = from_provider(error) if isinstance(error, ProviderError) else error
    choice = {"index": 0, "delta": {}, "finish_reason": "error"}
    return {**call.head, "choices": [choice], **told.body()}
