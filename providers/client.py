"""One client for the one protocol, OpenAI's over HTTP. It follows no redirect, reads no
proxy or `.netrc` settings, keeps no cookie, and bounds every wait and every size."""

import time
from collections.abc import AsyncGenerator

import orjson

from providers.answers import Json, chat_answer, embedding_answer
from providers.connection import Closed, Connection
from providers.deadlines import Deadlines
from providers.pool import Pool
from providers.prepared import Prepared, prepare
from providers.reading import (
    ANSWER_MAX,
    FAILURES,
    STREAM_MAX,
    ChunkReader,
    read_whole,
    told,
)
from providers.registry import Provider, Route

# Providers are made once, at the start; a bound all the same.
PREPARED_MAX = 1000


class Client:
    """Calls providers over a pool of connections; one per event loop."""

    def __init__(self) -> None:
        self._pool = Pool()
        # By the identity of the provider, which a Prepared keeps alive.
        self._chat: dict[int, Prepared] = {}
        self._embeddings: dict[int, Prepared] = {}

    @property
    def open_connections(self) -> int:
        """How many connections to providers are open, idle ones included."""
        return self._pool.open_count

    @property
    def idle_connections(self) -> int:
        """How many of them wait for the next request."""
        return self._pool.idle_count

    async def chat(self, route: Route, body: Json, deadlines: Deadlines) -> Json:
        """Return a `chat.completion`. Raises ProviderError."""
        due = time.monotonic() + deadlines.total_s
        prepared = self._for_chat(route.provider)
        data = orjson.dumps({**body, "model": route.model})
        connection = await _sent(prepared, data, due, deadlines.connect_s)
        return chat_answer(read_whole(connection, route.provider), route.provider)

    async def embed(self, route: Route, body: Json, deadlines: Deadlines) -> Json:
        """Return a list of embeddings in OpenAI's shape. Raises ProviderError."""
        due = time.monotonic() + deadlines.total_s
        prepared = self._for_embeddings(route.provider)
        data = orjson.dumps({**body, "model": route.model})
        connection = await _sent(prepared, data, due, deadlines.connect_s)
        return embedding_answer(read_whole(connection, route.provider), route.provider)

    async def stream_chat(
        self, route: Route, body: Json, deadlines: Deadlines
    ) -> AsyncGenerator[Json, None]:
        """Yield each `chat.completion.chunk` as it comes; closing ends the upstream call.

        Raises ProviderError, before the first chunk or between two.
        """
        began = time.monotonic()
        prepared = self._for_chat(route.provider)
        data = orjson.dumps({**body, "model": route.model, "stream": True})
        ends = began + deadlines.total_s
        due = min(began + deadlines.first_chunk_s, ends)
        connection = await _sent(prepared, data, due, deadlines.connect_s, ends)
        if connection.answer.status != 200:
            read_whole(connection, route.provider)
        reader = ChunkReader(connection, route.provider, deadlines, began)
        try:
            while not reader.is_over:
                for event in await reader.events():
                    if (chunk := reader.chunk(event)) is not None:
                        yield chunk
        finally:
            reader.close()

    async def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _for_chat(self, provider: Provider) -> Prepared:
        if prepared := self._chat.get(id(provider)):
            return prepared
        url = provider.base_url + "/chat/completions"
        return self._prepare(self._chat, provider, url)

    def _for_embeddings(self, provider: Provider) -> Prepared:
        if prepared := self._embeddings.get(id(provider)):
            return prepared
        url = (provider.embedding_base_url or provider.base_url) + "/embeddings"
        return self._prepare(self._embeddings, provider, url)

    def _prepare(
        self, known: dict[int, Prepared], provider: Provider, url: str
    ) -> Prepared:
        try:
            prepared = prepare(provider, url, self._pool)
        except ValueError as error:
            raise told(error, provider) from None
        if len(known) >= PREPARED_MAX:
            known.clear()
        known[id(provider)] = prepared
        return prepared


async def _sent(
    prepared: Prepared, data: bytes, due: float, connect_s: float, ends: float = 0.0
) -> Connection:
    """Send a body, and return the connection when its whole answer is there, or, when
    `ends` is given, the head of a stream. Raises ProviderError.

    An idle connection may have been closed by the server meanwhile: then the request is
    sent once more, on a new one.
    """
    request, origin = prepared.request(data), prepared.origin
    limit = STREAM_MAX if ends else ANSWER_MAX
    connection = origin.take()
    try:
        while True:
            if connection is None:
                connect_by = min(due, time.monotonic() + connect_s)
                connection = await origin.connect(connect_by)
            try:
                await connection.send(request, due, limit=limit, ends=ends)
                return connection
            except Closed as closed:
                if not closed.is_stale:
                    raise
                connection = None
    except BaseException as error:
        if connection:
            connection.abort()  # whoever is cancelled ends the request at the server
        if isinstance(error, FAILURES):
            raise told(error, prepared.provider) from None
        raise
