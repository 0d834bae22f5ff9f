"""Clients that hang up in the middle of a stream, or read it drop by drop, cost the others
nothing and leave nothing behind."""

import statistics
import time

import pytest

from tests.rude import STREAM, Footprint, RudeClient, chat, crowd, timed_health
from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

HANG_UPS = 200
READERS = 50
EVENT = b'data: {"choices": [{"index": 0, "delta": {"content": "%s"}}]}\n\n'


@pytest.fixture(scope="module")
def upstream():
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def server(upstream: FakeUpstream):
    environment = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "k"}
    with AuraServer(environment, workers=1) as server:
        yield server


@pytest.fixture(autouse=True)
def fresh(upstream: FakeUpstream):
    upstream.reset()
    yield
    upstream.reset()


@pytest.mark.fault("C1")
def test_200_hang_ups_leave_nothing(server: AuraServer, upstream, measured):
    upstream.script(chunk_count=100_000, chunk_interval_s=0.3)
    _hang_up(server, upstream, 20)
    before = Footprint.of(server)
    took_s = _hang_up(server, upstream, HANG_UPS)
    assert took_s < 5
    wait_until(lambda: upstream.aborted >= 20 + HANG_UPS, "the hang-ups to be counted")
    wait_until(lambda: Footprint.of(server).sockets <= before.sockets, "the sockets", 5)
    after = Footprint.of(server)
    assert after.threads <= before.threads
    measured(
        f"all {HANG_UPS} upstream connections closed {took_s:.2f} s after the hang-ups "
        f"(chunks each 0.3 s); open sockets {before.sockets} -> {after.sockets}, threads "
        f"{before.threads} -> {after.threads}"
    )


def _hang_up(server: AuraServer, upstream: FakeUpstream, count: int) -> float:
    """Hang up in the middle of so many streams; return how long their end took."""
    with crowd(server.port, count) as clients:
        for client in clients:
            client.send(chat(server, STREAM))
        for client in clients:
            assert client.socket.recv(20).startswith(b"HTTP/1.1 200")
        assert upstream.open_streams == count
    return wait_until(lambda: upstream.open_streams == 0, "the streams to end", 10)


@pytest.mark.fault("C3")
def test_50_slow_readers_hold_nobody_up(server: AuraServer, upstream, measured):
    # 40 MiB for each reader: what is not held back must lie in our memory, since it is
    # more than the system holds for two connections.
    upstream.script(raw=[EVENT % (b"x" * 8000)] * 5000)
    idle, before = _times(server), Footprint.of(server)
    with crowd(server.port, READERS, receive_buffer=4096) as readers:
        for reader in readers:
            reader.send(chat(server, STREAM))
        wait_until(lambda: upstream.open_streams == READERS, "the streams", 10)
        _read_slowly(readers, 6)
        busy, after = _times(server), Footprint.of(server)
        assert upstream.open_streams == READERS  # none was read to its end into memory
    assert after.mib - before.mib < 120
    wait_until(lambda: upstream.open_streams == 0, "the streams to end", 10)
    measured(
        f"of {READERS} x 40 MiB to send, memory grew by {after.mib - before.mib:.1f} MiB; "
        f"a request of others took {busy * 1000:.1f} ms (before: {idle * 1000:.1f} ms)"
    )


def _read_slowly(readers: list[RudeClient], seconds: float) -> None:
    """Read about 1 KB a second from each."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for reader in readers:
            assert reader.socket.recv(1024)
        time.sleep(0.9)


def _times(server: AuraServer) -> float:
    return statistics.median(timed_health(server) for _ in range(30))
