"""A stream whose provider is silent for long shows that it lives, and still tells errors."""

import orjson
import pytest

from gateway import keep_alive
from gateway.tests.conftest import CHAT, PATH

STREAM = CHAT | {"stream": True}
PING = ": ping"


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(keep_alive, "FIRST_PING_S", 0.05)
    monkeypatch.setattr(keep_alive, "PING_S", 0.05)


def events_of(answer):
    *events, last = answer.body.decode().split("\n\n")
    assert last == ""
    return events


async def test_a_long_wait_sends_the_status_and_pings(client, upstream):
    upstream.script(latency_s=0.3)
    answer = await client.post(PATH, STREAM)
    events = events_of(answer)
    assert answer.status == 200 and answer.headers["x-aura-layer"] == "l3"
    assert events[0] == PING and events[-1] == "data: [DONE]"
    texts = [event for event in events if event.startswith("data: {")]
    assert "says hello" in texts[1]


async def test_a_pause_between_chunks_sends_pings(client, upstream):
    upstream.script(hold_after=1)
    exchange = client.open_post(PATH, STREAM)
    await exchange.messages_are(5)
    upstream.release()
    events = events_of(await exchange.answer())
    assert PING in events and events[0] != PING
    assert events[-1] == "data: [DONE]"


async def test_a_stream_without_pauses_has_none(client):
    assert PING not in events_of(await client.post(PATH, STREAM))


async def test_an_error_in_time_has_its_own_status(client, upstream):
    upstream.script(status=400)
    assert (await client.post(PATH, STREAM)).status == 400


@pytest.mark.usefixtures("quick")
async def test_an_error_after_a_ping_is_an_event(client, upstream):
    upstream.script(stall=True)
    answer = await client.post(PATH, STREAM)
    *pings, last = events_of(answer)
    assert answer.status == 200 and set(pings) == {PING}
    failure = orjson.loads(last.removeprefix("data: "))
    assert failure["error"]["code"] == "upstream_timeout"
    assert failure["choices"][0]["finish_reason"] == "error"
    assert failure["object"] == "chat.completion.chunk" and failure["id"]
