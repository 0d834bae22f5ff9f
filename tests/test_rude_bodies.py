"""Bodies without end are refused after the first of it, and fill no memory."""

import contextlib
import io
import time
from collections.abc import Callable

import aiohttp
import httpx
import pytest
import requests

from tests.rude import CHAT_PATH, Footprint, Reply, RudeClient, request
from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

HUGE, PIECE = 100 * 2**20, b" " * 65_536
CHUNK = b"%x\r\n%s\r\n" % (len(PIECE), PIECE)
PAGE = "/admin/login/"


@pytest.fixture(scope="module")
def upstream():
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def server(upstream: FakeUpstream):
    environment = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "k"}
    with AuraServer(environment, workers=1) as server:
        yield server


def _declared(server: AuraServer, path: str) -> bytes:
    return request(path, method="POST", key=server.key, length=HUGE)


def _chunked(server: AuraServer, path: str) -> bytes:
    header = "Transfer-Encoding: chunked"
    return request(path, b"", header, method="POST", key=server.key)


def _pour(client: RudeClient, head: bytes, piece: bytes) -> tuple[Reply, int, float]:
    """Send a body until an answer comes; return it, what was sent and the time it took."""
    client.socket.settimeout(0.02)
    client.send(head)
    sent, began = 0, time.monotonic()
    while sent < HUGE and not _has_answer(client):
        with contextlib.suppress(TimeoutError):
            sent += client.socket.send(piece)
    took_s = time.monotonic() - began
    client.socket.settimeout(10)
    return client.reply(), sent, took_s


def _has_answer(client: RudeClient) -> bool:
    client.socket.setblocking(False)
    try:
        return bool(client.socket.recv(1, 2))  # MSG_PEEK
    except BlockingIOError:
        return False
    finally:
        client.socket.settimeout(0.02)


@pytest.mark.fault("C5")
@pytest.mark.parametrize("path", [CHAT_PATH, "/v1/embeddings", PAGE])
@pytest.mark.parametrize(
    ("head", "piece"), [(_declared, PIECE), (_chunked, CHUNK)], ids=["length", "chunks"]
)
def test_a_body_of_100_mb_is_413_after_little_of_it(
    server: AuraServer,
    upstream: FakeUpstream,
    measured: Callable[[str], None],
    path: str,
    head: Callable[[AuraServer, str], bytes],
    piece: bytes,
):
    before = Footprint.of(server)
    with RudeClient(server.port) as client:
        reply, sent, took_s = _pour(client, head(server, path), piece)
    grown = Footprint.of(server).mib - before.mib
    assert (reply.status, reply.error["code"]) == (413, "request_too_large")
    assert reply.is_last
    assert sent < 20 * 2**20  # what was read, and what the system holds on the way
    assert grown < 10
    assert not any(asked.body for asked in upstream.requests)
    kind = "chunks" if piece is CHUNK else "declared"
    measured(
        f"{path}, {kind}: 413 after {took_s * 1000:.0f} ms, memory {grown:+.1f} MiB"
    )


@pytest.mark.fault("C5")
async def test_clients_of_every_kind_read_the_413_while_they_send(server: AuraServer):
    url = f"{server.url}{CHAT_PATH}"
    key, media = f"Bearer {server.key}", "application/json"
    headers = {"Authorization": key, "Content-Type": media}
    answer = requests.post(url, data=PIECE * 400, headers=headers, timeout=10)
    assert answer.json()["error"]["code"] == "request_too_large"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, data=io.BytesIO(PIECE * 400)) as response,
    ):
        assert response.status == 413
    async with httpx.AsyncClient() as client:
        told = await client.post(url, content=PIECE * 400, headers=headers)
    assert told.status_code == 413


@pytest.mark.fault("C5")
def test_a_body_without_length_is_none(server: AuraServer):
    with RudeClient(server.port) as client:
        client.send(request(CHAT_PATH, method="POST", key=server.key), PIECE)
        assert client.reply().status == 400
        # What follows a request without a body is the next request, and this is none.
        wait_until(client.is_closed, "the end")


@pytest.mark.fault("C5")
def test_whoever_asks_first_need_not_send(server: AuraServer):
    """`Expect: 100-continue`, as curl sends it from 1 MiB on."""
    head = request(
        CHAT_PATH,
        b"",
        "Expect: 100-continue",
        method="POST",
        key=server.key,
        length=HUGE,
    )
    with RudeClient(server.port) as client:
        client.send(head)
        assert client.reply().status == 413
