"""A client that hangs up ends its upstream request at once, and leaves nothing behind."""

import asyncio

import pytest

from gateway.tests.conftest import CHAT, PATH
from tests.waiting import eventually

STREAM = CHAT | {"stream": True}
EMBED = {"model": "embedding", "input": "Hello"}
CALLS = pytest.mark.parametrize(
    ("path", "body"),
    [(PATH, CHAT), (PATH, STREAM), ("/v1/embeddings", EMBED)],
    ids=["plain", "stream", "embeddings"],
)


@pytest.fixture
def nothing_left(upstream):
    """Return a check that no task and no connection is left of any request."""

    async def check(gateway):
        await eventually(lambda: upstream.open_streams == 0, "the streams to end")
        for _ in range(3):
            await asyncio.sleep(0)
        [own] = asyncio.all_tasks()
        assert own is asyncio.current_task()
        connections = gateway.upstream.client
        assert connections.open_connections == connections.idle_connections

    return check


@CALLS
async def test_hang_up_before_the_answer_ends_the_upstream_request(
    gateway, client, upstream, nothing_left, path, body
):
    upstream.script(stall=True)
    exchange = client.open_post(path, body)
    await eventually(lambda: upstream.requests, "the request")
    exchange.hang_up()
    took_s = await eventually(lambda: upstream.aborted == 1, "the abort")
    await exchange.ended()
    assert took_s < 0.2
    assert exchange.messages == []
    await nothing_left(gateway)


async def test_hang_up_between_chunks_ends_the_upstream_request(
    gateway, client, upstream, nothing_left
):
    upstream.script(hold_after=1)
    exchange = client.open_post(PATH, STREAM)
    await exchange.messages_are(3)
    exchange.hang_up()
    assert await eventually(lambda: upstream.aborted == 1, "the abort") < 0.2
    await exchange.ended()
    await nothing_left(gateway)


@pytest.mark.fault("C1")
async def test_hang_up_while_chunks_flow_ends_the_upstream_request(
    gateway, client, upstream, nothing_left
):
    upstream.script(chunk_count=10_000, chunk_interval_s=0.001)
    exchange = client.open_post(PATH, STREAM)
    await exchange.messages_are(10)
    exchange.hang_up()
    await exchange.ended()
    await eventually(lambda: upstream.aborted == 1, "the abort")
    await nothing_left(gateway)


async def test_hang_up_while_the_client_does_not_read_ends_the_upstream_request(
    gateway, client, upstream, nothing_left, monkeypatch
):
    reached = asyncio.Event()

    async def stuck(*_):
        reached.set()
        await asyncio.Event().wait()

    upstream.script(hold_after=1)
    monkeypatch.setattr("gateway.chat.send_event", stuck)
    exchange = client.open_post(PATH, STREAM)
    await reached.wait()
    exchange.hang_up()
    await exchange.ended()
    await eventually(lambda: upstream.aborted == 1, "the abort")
    await nothing_left(gateway)


async def test_hang_up_in_the_middle_of_the_body_calls_nobody(
    gateway, client, upstream, nothing_left
):
    exchange = client.open("POST", PATH, pieces=[b'{"model"'], more=True)
    await asyncio.sleep(0.01)
    assert exchange.unread == 0
    exchange.hang_up()
    await exchange.ended()
    assert upstream.requests == [] and exchange.messages == []
    await nothing_left(gateway)


async def test_more_of_the_body_than_there_should_be_is_no_hang_up(client, upstream):
    exchange = client.open_post(PATH, CHAT)
    exchange.feed(b"more", b"and more")
    assert (await exchange.answer()).status == 200


async def test_hang_up_is_no_error_in_the_log(client, upstream, caplog):
    upstream.script(stall=True)
    exchange = client.open_post(PATH, CHAT)
    await eventually(lambda: upstream.requests, "the request")
    exchange.hang_up()
    await exchange.ended()
    assert "The client hung up" in caplog.text
    assert {record.levelname for record in caplog.records} == {"INFO"}


@pytest.mark.fault("C1")
async def test_many_hang_ups_leave_nothing(gateway, client, upstream, nothing_left):
    upstream.script(hold_after=1)
    exchanges = [client.open_post(PATH, STREAM) for _ in range(50)]
    await asyncio.gather(*(exchange.messages_are(2) for exchange in exchanges))
    for exchange in exchanges:
        exchange.hang_up()
    await asyncio.gather(*(exchange.ended() for exchange in exchanges))
    await eventually(lambda: upstream.aborted == 50, "the aborts")
    await nothing_left(gateway)


@CALLS
async def test_whole_answer_leaves_nothing(gateway, client, nothing_left, path, body):
    await client.post(path, body | {"dimensions": 8})
    await nothing_left(gateway)


async def test_server_that_stops_ends_the_request_as_a_cancel(client, upstream):
    upstream.script(stall=True)
    exchange = client.open_post(PATH, CHAT)
    await eventually(lambda: upstream.requests, "the request")
    exchange.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await exchange.task
    await eventually(lambda: upstream.aborted == 1, "the abort")
