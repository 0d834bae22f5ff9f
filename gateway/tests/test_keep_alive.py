"""A stream that is silent shows that it lives, and a stream that speaks is left alone."""

import asyncio

import pytest

from gateway import keep_alive
from gateway.keep_alive import PING, KeepAlive


class Sent:
    """What a stream sent, in order."""

    def __init__(self) -> None:
        self.messages: list[object] = []
        self.may_go = asyncio.Event()
        self.may_go.set()

    async def begin(self) -> None:
        self.messages.append("status")

    async def send(self, message) -> None:
        assert message["more_body"] is True
        self.messages.append(message["body"])
        await self.may_go.wait()

    async def become(self, count):
        async with asyncio.timeout(5):
            while len(self.messages) < count:
                await asyncio.sleep(0.002)


@pytest.fixture
def sent():
    return Sent()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(keep_alive, "FIRST_PING_S", 0.02)
    monkeypatch.setattr(keep_alive, "PING_S", 0.02)


def test_proxies_that_cut_after_60_s_hear_of_a_silent_stream_in_time():
    assert keep_alive.FIRST_PING_S < 60 and 2 * keep_alive.PING_S < 60


async def test_a_long_wait_for_the_first_chunk_sends_the_status_and_pings(sent, quick):
    with KeepAlive(sent.begin, sent.send) as stream:
        await sent.become(3)
        assert stream.has_begun
        await stream.begin()
    assert sent.messages[:3] == ["status", PING, PING]
    assert sent.messages.count("status") == 1


async def test_a_quick_first_chunk_sends_the_status_once(sent, quick):
    with KeepAlive(sent.begin, sent.send) as stream:
        await stream.begin()
        await stream.begin()
    assert sent.messages == ["status"]


async def test_an_error_before_the_first_ping_leaves_the_status_open(sent):
    with pytest.raises(ValueError), KeepAlive(sent.begin, sent.send) as stream:
        raise ValueError
    assert not stream.has_begun and sent.messages == []


async def test_a_stream_that_speaks_gets_no_ping(sent, quick):
    with KeepAlive(sent.begin, sent.send) as stream:
        await stream.begin()
        for _ in range(40):
            stream.is_quiet = False
            await asyncio.sleep(0.002)
    assert sent.messages == ["status"]


async def test_a_pause_between_chunks_gets_pings(sent, quick):
    with KeepAlive(sent.begin, sent.send) as stream:
        await stream.begin()
        stream.is_quiet = False
        await sent.become(2)
    assert sent.messages[:2] == ["status", PING]


async def test_a_client_that_does_not_read_gets_one_ping_and_no_pile(sent, quick):
    sent.may_go.clear()
    with KeepAlive(sent.begin, sent.send):
        await sent.become(2)
        await asyncio.sleep(0.1)
    assert sent.messages == ["status", PING]


async def test_nothing_comes_after_the_end(sent, quick):
    with KeepAlive(sent.begin, sent.send):
        await sent.become(2)
    count = len(sent.messages)
    await asyncio.sleep(0.05)
    assert len(sent.messages) == count
    [own] = asyncio.all_tasks()
    assert own is asyncio.current_task()
