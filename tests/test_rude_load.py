"""Many small requests leave nothing behind, and more than Aura takes are refused at once."""

import asyncio
import time

import pytest

from tests.rude import (
    STREAM,
    Footprint,
    Reply,
    RudeClient,
    chat,
    crowd,
    request,
)
from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

REQUESTS, CONNECTIONS = 10_000, 50
IN_FLIGHT = 5


@pytest.fixture
def server(upstream: FakeUpstream):
    environment = {
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "k",
        "AURA_MAX_IN_FLIGHT": str(IN_FLIGHT),
    }
    with AuraServer(environment, workers=1) as server:
        yield server


async def _ask_often(port: int, message: bytes, count: int) -> int:
    """Ask `count` times on one connection; return how many answers were 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    good = 0
    for _ in range(count):
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
        await reader.readexactly(int(length))
        good += head.startswith(b"HTTP/1.1 200")
    writer.close()
    await writer.wait_closed()
    return good


async def _load(port: int, message: bytes, count: int) -> int:
    each = count // CONNECTIONS
    asking = [_ask_often(port, message, each) for _ in range(CONNECTIONS)]
    return sum(await asyncio.gather(*asking))


@pytest.mark.fault("C4")
def test_10_000_requests_leave_nothing(server: AuraServer, measured):
    models = request("/v1/models", key=server.key)
    asyncio.run(_load(server.port, models, 1000))
    before, began = Footprint.of(server), time.monotonic()
    good = asyncio.run(_load(server.port, models, REQUESTS))
    took_s = time.monotonic() - began
    wait_until(lambda: Footprint.of(server).sockets <= before.sockets, "the sockets", 5)
    after = Footprint.of(server)
    assert good == REQUESTS
    assert after.mib - before.mib < 30
    measured(
        f"{REQUESTS:,} requests over {CONNECTIONS} connections in {took_s:.1f} s: "
        f"{REQUESTS - good} errors, memory {after.mib - before.mib:+.1f} MiB, open sockets "
        f"{before.sockets} -> {after.sockets}"
    )


@pytest.mark.fault("C15")
def test_more_than_may_be_under_way_is_503_at_once(server, upstream, measured):
    upstream.script(hold_after=1)
    with crowd(server.port, IN_FLIGHT) as taken:
        for client in taken:
            client.send(chat(server, STREAM))
        wait_until(lambda: upstream.open_streams == IN_FLIGHT, "the streams", 10)
        replies = [_refused(server) for _ in range(20)]
        upstream.release()
        wholes = [client.reply() for client in taken]
    for reply, _ in replies:
        assert (reply.status, reply.error["code"]) == (503, "overloaded")
        assert reply.headers["retry-after"] == "1"
    assert all(whole.body.endswith(b"data: [DONE]\n\n") for whole in wholes)
    with RudeClient(server.port) as client:
        client.send(chat(server))
        assert client.reply().status == 200
    measured(
        f"with {IN_FLIGHT} of {IN_FLIGHT} under way, one more is refused in "
        f"{max(took for _, took in replies) * 1000:.1f} ms (slowest of 20); all "
        f"{IN_FLIGHT} went on to their end"
    )


def _refused(server: AuraServer) -> tuple[Reply, float]:
    with RudeClient(server.port) as client:
        began = time.monotonic()
        client.send(chat(server))
        return client.reply(), time.monotonic() - began


def test_health_and_models_are_answered_all_the_same(server, upstream):
    upstream.script(hold_after=1)
    with crowd(server.port, IN_FLIGHT) as taken:
        for client in taken:
            client.send(chat(server, STREAM))
        wait_until(lambda: upstream.open_streams == IN_FLIGHT, "the streams", 10)
        for path in ("/health", "/v1/models"):
            with RudeClient(server.port) as client:
                client.send(request(path, key=server.key))
                assert client.reply().status == 200
        upstream.release()
