"""One client for the one protocol, OpenAI's over HTTP. It follows no redirect, reads no
proxy or `.netrc` settings, keeps no cookie, and bounds every wait and every size."""

import errno
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any

import aiohttp
import orjson

from providers.answers import chat_answer, embedding_answer
from providers.deadlines import CONNECT_S, Deadlines, until
from providers.errors import ProviderNotReady
from providers.reading import (
    ANSWER_MAX,
    read_chunks,
    read_whole,
    refuse_errors,
    translated,
)
from providers.registry import Provider, Route

Json = dict[str, Any]

IDLE_S = 15.0
BUFFER = 64 * 1024


class Client:
    """A pool of connections to providers; one per event loop. Keys travel with each
    request, never with the pool."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def chat(self, route: Route, body: Json, deadlines: Deadlines) -> Json:
        """Return a `chat.completion`. Raises ProviderError."""
        url = route.provider.base_url + "/chat/completions"
        return chat_answer(
            await self._whole(route, url, body, deadlines), route.provider
        )

    async def embed(self, route: Route, body: Json, deadlines: Deadlines) -> Json:
        """Return a list of embeddings in OpenAI's shape. Raises ProviderError."""
        base_url = route.provider.embedding_base_url or route.provider.base_url
        answer = await self._whole(route, base_url + "/embeddings", body, deadlines)
        return embedding_answer(answer, route.provider)

    async def stream_chat(
        self, route: Route, body: Json, deadlines: Deadlines
    ) -> AsyncGenerator[Json, None]:
        """Yield each `chat.completion.chunk` as it comes; closing ends the upstream call.

        Raises ProviderError, before the first chunk or between two.
        """
        began = time.monotonic()
        url = route.provider.base_url + "/chat/completions"
        streamed = {**body, "stream": True}
        due = began + deadlines.first_chunk_s
        async with self._answer(route, url, streamed, due) as response:
            chunks = read_chunks(response, route.provider, deadlines, began)
            async with aclosing(chunks):
                async for chunk in chunks:
                    yield chunk

    async def close(self) -> None:
        """Close every connection."""
        if self._session:
            await self._session.close()
            self._session = None

    async def _whole(
        self, route: Route, url: str, body: Json, deadlines: Deadlines
    ) -> bytes:
        due = time.monotonic() + deadlines.total_s
        async with self._answer(route, url, body, due) as response:
            with translated(route.provider):
                async with until(due):
                    return await read_whole(response, ANSWER_MAX, route.provider)

    @asynccontextmanager
    async def _answer(
        self, route: Route, url: str, body: Json, due: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request and give its answer once its head is there and is a success, all
        before `due`, a monotonic time."""
        provider = route.provider
        if problem := provider.problem:
            raise ProviderNotReady(problem, provider=provider.name)
        data = orjson.dumps({**body, "model": route.model})
        with translated(provider):
            async with until(due):
                response = await self._send(provider, url, data)
        try:
            await refuse_errors(response, provider, due)
            yield response
        finally:
            _give_back(response)

    async def _send(
        self, provider: Provider, url: str, data: bytes
    ) -> aiohttp.ClientResponse:
        """Post; once more when the server closed the connection before it answered, as it
        does with a pooled one that was idle for too long."""
        post = partial(
            self._open_session().post,
            url,
            data=data,
            headers=_headers(provider),
            allow_redirects=False,
        )
        try:
            return await post()
        except aiohttp.ClientConnectionError as error:
            if not _was_closed(error):
                raise
            return await post()

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_S),
                timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                skip_auto_headers=("User-Agent",),
                read_bufsize=BUFFER,
            )
        return self._session


def _was_closed(error: aiohttp.ClientConnectionError) -> bool:
    """Say whether the server closed the connection (FIN or RST) before it answered."""
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError):
        return True
    return isinstance(error, OSError) and error.errno in (
        errno.ECONNRESET,
        errno.EPIPE,
    )


def _give_back(response: aiohttp.ClientResponse) -> None:
    """Return a connection whose answer was read to its end; close any other, which ends
    the upstream call."""
    if response.content.is_eof():
        response.release()
    else:
        response.close()


def _headers(provider: Provider) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "aura",
        **provider.headers,
    }
    if provider.key:
        headers["Authorization"] = f"Bearer {provider.key}"
    return headers
