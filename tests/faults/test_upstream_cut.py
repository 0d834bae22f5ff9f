"""The provider breaks off: what came is passed on, and nobody takes it for the whole."""

import pytest

from gateway.tests.conftest import CHAT
from tests.faults.calls import STREAM, ask, broken_off, failure, text_of
from tests.faults.wire import DONE, FINISH, OK, SSE, answer, chat, chunk, in_turn, well
from tests.upstream.hostile import resets, sends

HALF = SSE + chunk("Hel") + chunk("lo")
LONGER = b"Content-Length: 999\r\n\r\n"


@pytest.mark.fault("U4")
async def test_reset_in_a_stream_keeps_what_came_and_is_an_error_event(
    client, provider, measured
):
    provider.script = resets(HALF)
    said, _ = await ask(client, STREAM)
    assert broken_off(said) == "upstream_truncated"
    assert text_of(said) == "Hello"
    assert provider.count == 1
    measured("stream: 2 of 2 chunks, then the error event; 1 attempt")


@pytest.mark.fault("U4")
async def test_reset_in_a_plain_answer_is_a_502(client, provider, measured):
    provider.script = resets(OK + LONGER + b'{"choices"')
    said, _ = await ask(client, CHAT)
    assert failure(said) == (502, "upstream_truncated")
    assert provider.count <= 2
    measured(f"plain: 502 after {provider.count} attempts")


@pytest.mark.parametrize("body", [CHAT, STREAM], ids=["plain", "stream"])
@pytest.mark.fault("U4")
async def test_reset_before_the_first_chunk_is_tried_again(client, provider, body):
    provider.script = in_turn(resets(), well)
    said, _ = await ask(client, body)
    assert (said.status, text_of(said)) == (200, "Hello")
    assert provider.count == 2


@pytest.mark.parametrize("end", [b"", DONE], ids=["nothing", "DONE"])
@pytest.mark.fault("U5")
async def test_stream_without_a_finish_is_an_error_event(client, provider, end):
    provider.script = sends(HALF + end)
    said, _ = await ask(client, STREAM)
    assert broken_off(said) == "upstream_truncated"
    assert text_of(said) == "Hello"
    assert provider.count == 1


@pytest.mark.parametrize("end", [b"", DONE], ids=["nothing", "DONE"])
@pytest.mark.fault("U5")
async def test_stream_of_nothing_is_a_502(client, provider, end):
    provider.script = sends(SSE + b": hello\n\n" + end)
    said, _ = await ask(client, STREAM)
    assert failure(said) == (502, "upstream_truncated")


@pytest.mark.fault("U6")
async def test_plain_answer_shorter_than_it_says_is_a_502(client, provider):
    data = answer(chat()).partition(b"\r\n\r\n")[2]
    provider.script = sends(OK + LONGER + data)
    said, _ = await ask(client, CHAT)
    assert failure(said) == (502, "upstream_truncated")


@pytest.mark.fault("U6")
async def test_stream_shorter_than_it_says_is_an_error_event_or_whole(client, provider):
    """A finish_reason is the end of an answer, whatever its server counted."""
    provider.script = sends(OK + LONGER + chunk("Hello"))
    assert broken_off((await ask(client, STREAM))[0]) == "upstream_truncated"
    provider.script = sends(OK + LONGER + chunk("Hello") + FINISH + DONE)
    said, _ = await ask(client, STREAM)
    assert text_of(said) == "Hello" and said.events[-1] == "[DONE]"
