"""Open streams hold no database connection."""

import asyncio
import contextlib

import aiohttp
import psycopg
import pytest
import requests

from tests.server import AuraServer
from tests.traffic import MESSAGES
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

STREAMS, WORKERS = 100, 2
# One looks for changes, one puts calls on record.
EACH = 2
LOOKS = 20
COUNT = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid()"
)


@pytest.fixture
def database(postgres):
    return postgres.begun("streams")


@pytest.fixture
def server(database, upstream: FakeUpstream):
    environment = {
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "k",
        "DATABASE_URL": database,
    }
    with AuraServer(environment, workers=WORKERS, is_set_up=True) as server:
        yield server


@pytest.mark.fault("D19")
async def test_a_hundred_streams_use_no_database_connection(
    server, database, upstream, measured
):
    for _ in range(20):  # so that each worker has calls to put on record as well
        await asyncio.to_thread(_call, server)
    idle = await asyncio.to_thread(_most_connections, database)
    upstream.script(hold_after=1)
    async with contextlib.AsyncExitStack() as streams:
        session = await streams.enter_async_context(_session(server))
        opened = [
            streams.enter_async_context(_stream(session, server))
            for _ in range(STREAMS)
        ]
        await asyncio.gather(*opened)
        assert upstream.open_streams == STREAMS
        most = await asyncio.to_thread(_most_connections, database)
        upstream.release()
    assert most <= WORKERS * EACH
    measured(f"{STREAMS} streams, {WORKERS} workers: {most} connections, {idle} before")


def _call(server):
    body = {"model": "aura/l3", "messages": MESSAGES}
    headers = {"Authorization": f"Bearer {server.key}"}
    url = f"{server.url}/v1/chat/completions"
    assert requests.post(url, json=body, headers=headers, timeout=10).ok


def _session(server: AuraServer) -> aiohttp.ClientSession:
    headers = {"Authorization": f"Bearer {server.key}"}
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(headers=headers, connector=connector)


@contextlib.asynccontextmanager
async def _stream(session, server):
    """Open a stream and wait for its first line."""
    body = {"model": "aura/l3", "messages": MESSAGES, "stream": True}
    async with session.post(f"{server.url}/v1/chat/completions", json=body) as answer:
        assert answer.status == 200, await answer.text()
        assert (await answer.content.readline()).startswith(b"data: ")
        yield


def _most_connections(url):
    """Look for a while, longer than the workers' threads rest between two looks."""
    seen: list[int] = []
    with psycopg.connect(url, autocommit=True) as connection:

        def look():
            seen.extend(count for (count,) in connection.execute(COUNT))
            return len(seen) >= LOOKS

        wait_until(look, "some looks", every_s=0.05)
    return max(seen)
