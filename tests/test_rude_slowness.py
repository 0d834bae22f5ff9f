"""Clients that send their request drop by drop hold nobody up, and are cut in the end."""

import contextlib
import time

import pytest

from tests.rude import CHAT_PATH, RudeClient, crowd, request, timed_health
from tests.server import AuraServer

pytestmark = pytest.mark.slow

EACH = 100
CUT_BY_S = 30


@pytest.fixture(scope="module")
def server():
    with AuraServer(workers=1) as server:
        yield server


@pytest.mark.fault("C2")
def test_slow_heads_and_bodies_hold_nobody_up_and_are_cut(server: AuraServer, measured):
    body = request(CHAT_PATH, b"{", key=server.key, length=1000)
    with crowd(server.port, EACH) as heads, crowd(server.port, EACH) as bodies:
        began = time.monotonic()
        for client in heads:
            client.send(b"GET /health HTTP/1.1\r\nX-Slow: ")
        for client in bodies:
            client.send(body)
        times = [timed_health(server) for _ in range(20)]
        left = {*heads, *bodies}
        while left and time.monotonic() - began < CUT_BY_S + 5:
            left = {client for client in left if not client.is_closed()}
            for client in left:
                _drip(client)
            time.sleep(0.5)
        took_s = time.monotonic() - began
    assert not left
    assert took_s < CUT_BY_S
    assert sorted(times)[10] < 1.0
    measured(
        f"/health/live beside them: {sorted(times)[10] * 1000:.1f} ms (median), "
        f"{max(times) * 1000:.1f} ms (most); the last was cut after {took_s:.0f} s"
    )


def _drip(client: RudeClient) -> None:
    client.socket.settimeout(5)
    with contextlib.suppress(ConnectionError):
        client.send(b"x")
