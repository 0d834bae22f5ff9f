"""Reading an answer off the wire: bounded in size and time, every failure one of ours."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Any

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from providers.answers import chunk_of, has_finish, rejection
from providers.deadlines import Deadlines, until
from providers.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderNotReady,
    ProviderTimeout,
    ProviderTruncated,
    ProviderUnreachable,
)
from providers.registry import Provider
from providers.sse import EventParser, EventTooLong

Json = dict[str, Any]

ANSWER_MAX = 16 * 1024 * 1024
ERROR_MAX = 64 * 1024
STREAM_MAX = 64 * 1024 * 1024
DONE = b"[DONE]"
# How long the end of a body may take after [DONE]; it follows at once.
LAST_BYTES_S = 0.05


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
    # A ValueError is an address that cannot be built or looked up.
    except (aiohttp.ClientConnectionError, OSError, ValueError):
        absent = ProviderNotReady if provider.is_embedded else ProviderUnreachable
        raise absent(
            f"{provider.title} cannot be reached. {hint}".rstrip(), provider=name
        ) from None
    except (aiohttp.ClientError, HttpProcessingError):
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
    response: aiohttp.ClientResponse, provider: Provider, due: float
) -> None:
    """Raise ProviderRejected for an error status, ProviderInvalid for a redirect, an empty
    success, or a body that is compressed although we asked for none.

    The body of an error is read until `due`, a monotonic time.
    """
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ProviderInvalid(
            f"{provider.title} sent a compressed body unasked.", provider=provider.name
        )
    if response.status >= 400:
        with translated(provider):
            async with until(due):
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
) -> AsyncGenerator[Json, None]:
    """Yield each parsed chunk up to the end of the stream.

    `began` is the monotonic time at which the call began. Raises ProviderTruncated when
    the stream ends without a finish_reason, be it with [DONE] or not.
    """
    finished = False
    async with aclosing(_events(response, provider, deadlines, began)) as events:
        async for data in events:
            if data.strip() == DONE:
                await _read_off(response, provider)
                break
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
) -> AsyncGenerator[bytes, None]:
    """Yield the data of each event within the deadlines and the size limits. Comments
    keep a stream alive, but they are no first chunk."""
    parser = EventParser()
    size, has_begun = 0, False
    due, end = began + deadlines.first_chunk_s, began + deadlines.total_s
    while True:
        with translated(provider):
            async with until(min(due, end)):
                part = await response.content.readany()
        size += len(part)
        if size > STREAM_MAX:
            raise _too_large(provider)
        for data in _fed(parser, part, provider):
            has_begun = True
            yield data
        if not part:
            return
        if has_begun:
            due = time.monotonic() + deadlines.between_chunks_s


def _fed(parser: EventParser, part: bytes, provider: Provider) -> list[bytes]:
    """Return the events that `part` completes, without blank ones; b"" is the end."""
    try:
        events = parser.feed(part) if part else parser.close()
        return [data for data in events if data.strip()]
    except EventTooLong:
        raise _too_large(provider) from None


async def _read_off(response: aiohttp.ClientResponse, provider: Provider) -> None:
    """Take the end of a complete stream off the wire, so that its connection can be used
    again; when it does not come the connection is closed instead."""
    with suppress(ProviderError), translated(provider):
        async with asyncio.timeout(LAST_BYTES_S):
            await response.content.readany()


def _too_large(provider: Provider) -> ProviderInvalid:
    return ProviderInvalid(
        f"{provider.title} sent more than Aura takes.", provider=provider.name
    )
