"""One call to a layer: a plan and a body come in, chunks or an answer go out, and what it
took is on record. It knows no HTTP of clients."""

import dataclasses
import time
from collections.abc import AsyncGenerator
from typing import Any

from gateway.accounts import accounted
from gateway.attempts import in_turn, note_failure
from gateway.budgets import BUDGET_S, HEDGED
from gateway.hedge import raced
from gateway.underway import Call
from gateway.upstream import Upstream
from gateway.vectors import Wanted, shaped
from providers.deadlines import Deadlines
from providers.errors import ProviderError
from providers.registry import Route

Json = dict[str, Any]
Opened = tuple[AsyncGenerator[Json, None], Json]


async def chat(call: Call, body: Json, upstream: Upstream) -> Json:
    """Return a `chat.completion` with the model's name as it was asked.

    Raises ProviderError.
    """

    async def ask(route: Route) -> Json:
        return await upstream.client.chat(route, body, _deadlines(call))

    with accounted(call):
        answer = await _waited(call, in_turn(call, upstream, ask))
        call.usage = answer.get("usage")
    return _completed(answer, call)


async def embed(call: Call, body: Json, wanted: Wanted, upstream: Upstream) -> Json:
    """Return embeddings as they are wanted, one per input and in order.

    Raises ProviderError, or UpstreamFailed when they are not what was wanted.
    """

    async def ask(route: Route) -> Json:
        return await upstream.client.embed(route, body, _deadlines(call))

    with accounted(call):
        answer = await _waited(call, in_turn(call, upstream, ask))
        call.usage = answer.get("usage")
        answer["object"], answer["model"] = "list", call.plan.target.asked
        return shaped(answer, wanted)


async def stream_chat(
    call: Call, body: Json, upstream: Upstream
) -> AsyncGenerator[Json, None]:
    """Yield `chat.completion.chunk`s, all with one id and the model's name as asked.

    Usage is always asked for upstream. Wherever it came, it is yielded once: last, on a
    chunk without choices. Raises ProviderError.
    """
    with accounted(call):
        chunks, chunk = await _waited(call, _opened(call, body, upstream))
        call.first_chunk_s = time.monotonic() - call.began
        _take_head(chunk, call)
        try:
            if _shape(chunk, call):
                yield chunk
            async for chunk in chunks:
                if _shape(chunk, call):
                    yield chunk
        except ProviderError as error:
            note_failure(upstream, call.served, error)
            raise
        finally:
            await chunks.aclose()
        if call.usage:
            yield {**call.head, "choices": [], "usage": call.usage}


async def _opened(call: Call, body: Json, upstream: Upstream) -> Opened:
    """Return a stream with its first chunk, from the first candidate that gives one."""
    options = body.get("stream_options")
    wanted = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    asking = {**body, "stream_options": wanted}

    async def ask(route: Route) -> Opened:
        chunks = upstream.client.stream_chat(route, asking, _deadlines(call))
        try:
            return chunks, await anext(chunks)
        except BaseException:
            await chunks.aclose()
            raise

    layer = call.plan.target.layer
    if layer in HEDGED and len(call.plan.candidates) > 1:
        return await raced(call, upstream, ask, _drop, BUDGET_S[layer])
    return await in_turn(call, upstream, ask)


async def _drop(opened: Opened) -> None:
    await opened[0].aclose()


async def _waited(call: Call, answer: Any) -> Any:
    """Await an answer, and note how long that took."""
    began = time.monotonic()
    try:
        return await answer
    finally:
        call.waited_s = time.monotonic() - began


def _deadlines(call: Call) -> Deadlines:
    """Return the deadlines of one attempt: all attempts of a call share its total."""
    deadlines = call.plan.deadlines
    if call.attempts < 2:
        return deadlines
    left = deadlines.total_s - (time.monotonic() - call.began)
    return dataclasses.replace(deadlines, total_s=max(left, 0.0))


def _take_head(first: Json, call: Call) -> None:
    """Take what every chunk of a stream has alike from its first, as far as it has it."""
    if first.get("id"):
        call.head["id"] = str(first["id"])
    if first.get("created"):
        call.head["created"] = first["created"]
    call.head["system_fingerprint"] = first.get("system_fingerprint")


def _shape(chunk: Json, call: Call) -> bool:
    """Give a chunk the head of its stream and take its usage; say whether there is more
    in it than that."""
    chunk.update(call.head)
    usage = chunk.pop("usage", None)
    if usage:
        call.usage = usage
    return bool(chunk.setdefault("choices", [])) or not usage


def _completed(answer: Json, call: Call) -> Json:
    """Fill in what clients rely on and some servers leave out."""
    answer.setdefault("id", f"chatcmpl-{call.id}")
    answer.setdefault("created", int(call.began_at))
    answer.setdefault("system_fingerprint", None)
    answer["object"], answer["model"] = "chat.completion", call.plan.target.asked
    return answer
