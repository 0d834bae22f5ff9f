"""Reading an answer off the wire: bounded in size and time, every failure one of ours."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp

from providers.answers import chunk_of, has_finish, rejection
from providers.deadlines import Deadlines
from providers.errors import (
    ProviderInvalid,
    ProviderTimeout,
    ProviderTruncated,
    ProviderUnreachable,
)
from providers.registry import Provider
from providers.sse import EventParser, LineTooLong

Json = dict[str, Any]

ANSWER_MAX = 16 * 1024 * 1024
ERROR_MAX = 64 * 1024
STREAM_MAX = 64 * 1024 * 1024
DONE = b"[DONE]"


@contextmanager
def translated(provider: Provider) -> Iterator[None]:
    """Raise what the HTTP library or a deadline raises inside as a ProviderError.

    The library's own text is left out: it can hold addresses and headers.
    """
    name, hint = provider.name, provider.start_hint
    try:
        yield
    except TimeoutError:
        raise ProviderTimeout(
            f"{provider.title} did not answer in time.", provider=name
        ) from None
    except aiohttp.ClientPayloadError:
        raise ProviderTruncated(
            f"{provider.title} broke off in the middle of its answer.", provider=name
        ) from None
    except (aiohttp.ClientConnectionError, OSError):
        raise ProviderUnreachable(
            f"{provider.title} cannot be reached. {hint}".rstrip(), provider=name
        ) from None
    except (aiohttp.ClientError, ValueError):
        raise ProviderInvalid(
            f"{provider.title} sent something that is not HTTP.", provider=name
        ) from None


async def read_whole(
    response: aiohttp.ClientResponse, limit: int, provider: Provider
) -> bytes:
    """Return the body. Raises ProviderInvalid when it is larger than `limit` bytes."""
    parts: list[bytes] = []
    size = 0
    while part := await response.content.readany():
        parts.append(part)
        size += len(part)
        if size > limit:
            raise _too_large(provider)
    return b"".join(parts)


async def refuse_errors(
    response: aiohttp.ClientResponse, provider: Provider, timeout_s: float
) -> None:
    """Raise ProviderRejected for an error status, ProviderInvalid for a redirect, an empty
    success, or a body that is compressed although we asked for none."""
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ProviderInvalid(
            f"{provider.title} sent a compressed body unasked.", provider=provider.name
        )
    if response.status >= 400:
        with translated(provider):
            async with asyncio.timeout(timeout_s):
                data = await read_whole(response, ERROR_MAX, provider)
        raise rejection(response.status, data, response.headers, provider)
    if response.status != 200:
        raise ProviderInvalid(
            f"{provider.title} answered {response.status} where 200 was expected.",
            provider=provider.name,
        )


async def read_chunks(
    response: aiohttp.ClientResponse,
    provider: Provider,
    deadlines: Deadlines,
    began: float,
) -> AsyncIterator[Json]:
    """Yield each parsed chunk up to the end of the stream.

    `began` is the monotonic time at which the call began. Raises ProviderTruncated when
    the stream ends without a finish_reason or [DONE].
    """
    finished = False
    async for data in _events(response, provider, deadlines, began):
        if data == DONE:
            return
        if not data.strip():
            continue
        chunk = chunk_of(data, provider)
        finished = finished or has_finish(chunk)
        yield chunk
    if not finished:
        raise ProviderTruncated(
            f"{provider.title} ended its stream before its answer was complete.",
            provider=provider.name,
        )


async def _events(
    response: aiohttp.ClientResponse,
    provider: Provider,
    deadlines: Deadlines,
    began: float,
) -> AsyncIterator[bytes]:
    """Yield the data of each event within the deadlines and the size limits."""
    parser = EventParser()
    size = 0
    wait_s = deadlines.first_chunk_s - (time.monotonic() - began)
    while True:
        left_s = deadlines.total_s - (time.monotonic() - began)
        with translated(provider):
            async with asyncio.timeout(min(wait_s, left_s)):
                part = await response.content.readany()
        if not part:
            break
        wait_s, size = deadlines.between_chunks_s, size + len(part)
        if size > STREAM_MAX:
            raise _too_large(provider)
        for data in _fed(parser, part, provider):
            yield data
    for data in parser.close():
        yield data


def _fed(parser: EventParser, part: bytes, provider: Provider) -> list[bytes]:
    try:
        return parser.feed(part)
    except LineTooLong:
        raise _too_large(provider) from None


def _too_large(provider: Provider) -> ProviderInvalid:
    return ProviderInvalid(
        f"{provider.title} sent more than Aura takes.", provider=provider.name
    )
