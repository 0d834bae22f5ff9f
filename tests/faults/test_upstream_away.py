"""The provider refuses connections, keeps silent, or drips: answers come in time."""

import asyncio
import dataclasses

import pytest

from gateway.deadlines import DEADLINES
from gateway.tests.conftest import CHAT
from tests.faults.calls import EITHER, STREAM, ask, failure
from tests.faults.wire import SSE, answer, chat, chunk
from tests.upstream.hostile import sends, silent
from tests.waiting import eventually

L1 = {"model": "aura/l1"}
DRIP_S = 0.4


@pytest.fixture
def hurried(deadlines):
    """A total deadline of 1 s for each layer."""
    for layer, usual in deadlines.items():
        deadlines[layer] = dataclasses.replace(usual, total_s=1)


async def nothing_is_left(gateway):
    client = gateway.upstream.client
    await eventually(lambda: not client.open_connections, "connections to close")
    for _ in range(3):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@EITHER
@pytest.mark.fault("U1")
async def test_refused_connection_is_a_502_at_once(
    client, serve, records, body, measured
):
    serve(l3="gone/model")
    said, took_s = await ask(client, body)
    assert failure(said) == (502, "upstream_unreachable")
    assert records[0].attempts <= 2
    assert took_s < 0.3
    measured(f"502 after {records[0].attempts} attempts and {1000 * took_s:.0f} ms")


@pytest.mark.fault("U2")
async def test_silence_ends_a_stream_at_the_deadline_of_its_first_chunk(
    gateway, client, provider, measured
):
    provider.script = silent()
    said, took_s = await ask(client, STREAM | L1)
    assert failure(said) == (504, "upstream_timeout")
    assert abs(took_s - DEADLINES["l1"].first_chunk_s) < 0.3
    assert provider.count == 1
    await nothing_is_left(gateway)
    measured(f"L1 stream: 504 after {took_s:.2f} s")


@pytest.mark.fault("U2")
@pytest.mark.usefixtures("hurried")
async def test_silence_ends_a_plain_answer_at_its_total_deadline(
    gateway, client, provider, measured
):
    provider.script = silent()
    said, took_s = await ask(client, CHAT)
    assert failure(said) == (504, "upstream_timeout")
    assert abs(took_s - 1) < 0.3
    await nothing_is_left(gateway)
    measured(f"plain, total deadline 1 s: 504 after {took_s:.2f} s")


def dripping(head: bytes, drip: bytes):
    return sends(head, *[bytes([byte]) for byte in drip], pause_s=DRIP_S)


DRIPS = {
    "its head": dripping(b"", answer(chat())),
    "its body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", b"x" * 99),
    "its stream": dripping(SSE, chunk("Hello") * 9),
    "its error": dripping(b"HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\n", b"x" * 99),
}


def drips_as_asked(sock, request):
    [name] = [name for name in DRIPS if name.encode() in request]
    DRIPS[name](sock, request)


@pytest.mark.fault("U3")
@pytest.mark.usefixtures("hurried")
async def test_drip_ends_at_the_total_deadline(client, provider, measured):
    provider.script = drips_as_asked
    asked = [body | {"user": drip} for body in (CHAT, STREAM) for drip in DRIPS]
    answers = await asyncio.gather(*(ask(client, body) for body in asked))
    assert {failure(said) for said, _ in answers} == {(504, "upstream_timeout")}
    times = [took_s for _, took_s in answers]
    assert all(abs(took_s - 1) < 0.3 for took_s in times)
    measured(
        f"total deadline 1 s, {len(asked)} drips: 504 after {min(times):.2f} to "
        f"{max(times):.2f} s"
    )
