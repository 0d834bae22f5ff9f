"""One call to a layer: the selection and the key come in, chunks or an answer go out, and
one line is logged. It knows no HTTP of clients."""

import logging
import secrets
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

from brains.selection import Choice, Source
from gateway.names import Target
from providers.client import Client
from providers.deadlines import Deadlines
from providers.registry import Registry, Route

logger = logging.getLogger(__name__)

Json = dict[str, Any]

DEADLINES: Mapping[str, Deadlines] = {
    "l1": Deadlines(first_chunk_s=10, between_chunks_s=10, total_s=60),
    "l2": Deadlines(first_chunk_s=120, between_chunks_s=60, total_s=600),
    "l3": Deadlines(first_chunk_s=30, between_chunks_s=30, total_s=300),
    "embedding": Deadlines(total_s=60),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one layer, fixed from its first byte to its last."""

    id: str
    target: Target
    choice: Choice
    route: Route

    @property
    def deadlines(self) -> Deadlines:
        """How long its steps may take."""
        return DEADLINES[self.target.layer]


def begin(target: Target, registry: Registry, call_id: str = "") -> Call:
    """Fix which model serves a target, and log it."""
    choice = target.selection.choice(target.layer)
    call = Call(call_id or new_id(), target, choice, registry.route(choice.value))
    logger.info(
        "Using model: %s layer=%s source=%s provider=%s revision=%s call=%s",
        choice.value,
        target.layer,
        source_of(call),
        call.route.provider.name,
        target.selection.revision,
        call.id,
    )
    return call


def new_id() -> str:
    """Return an id for a call, as clients see it in `X-Request-Id`."""
    return f"req_{secrets.token_hex(16)}"


def source_of(call: Call) -> str:
    """Return the source as logs show it: "preset:Budget", "env", "dotenv" or "default"."""
    if call.choice.source is Source.PRESET:
        return f"preset:{call.target.selection.preset}"
    return str(call.choice.source)


async def chat(call: Call, body: Json, client: Client) -> Json:
    """Return a `chat.completion` with the model's name as it was asked.

    Raises ProviderError.
    """
    answer = await client.chat(call.route, body, call.deadlines)
    return _completed(answer, call)


async def stream_chat(
    call: Call, body: Json, client: Client
) -> AsyncGenerator[Json, None]:
    """Yield `chat.completion.chunk`s, all with one id and the model's name as asked.

    Usage is always asked for upstream. Wherever it came, it is yielded once: last, on a
    chunk without choices. Raises ProviderError.
    """
    options = body.get("stream_options")
    wanted = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    chunks = client.stream_chat(
        call.route, {**body, "stream_options": wanted}, call.deadlines
    )
    head: Json = {}
    last: Json = {}
    usage = None
    try:
        async for chunk in chunks:
            head = head or _head(chunk, call)
            last = {"choices": [], **chunk, **head}
            spent = last.pop("usage", None)
            usage = spent or usage
            if last["choices"] or not spent:
                yield last
        if usage:
            yield {**last, "choices": [], "usage": usage}
    finally:
        await chunks.aclose()


async def embed(call: Call, body: Json, client: Client) -> Json:
    """Return a list of embeddings as the provider gave it, with the name as asked.

    Raises ProviderError.
    """
    answer = await client.embed(call.route, body, call.deadlines)
    return {**answer, "object": "list", "model": call.target.asked}


def _head(chunk: Json, call: Call) -> Json:
    """Return what every chunk of a stream has alike, filled in where a server leaves it
    out."""
    return {
        "id": str(chunk.get("id") or f"chatcmpl-{call.id}"),
        "object": "chat.completion.chunk",
        "created": chunk.get("created") or int(time.time()),
        "model": call.target.asked,
        "system_fingerprint": chunk.get("system_fingerprint"),
    }


def _completed(answer: Json, call: Call) -> Json:
    """Fill in what clients rely on and some servers leave out."""
    filled = {
        "id": f"chatcmpl-{call.id}",
        "created": int(time.time()),
        "system_fingerprint": None,
    }
    named = {"object": "chat.completion", "model": call.target.asked}
    return {**filled, **answer, **named}
