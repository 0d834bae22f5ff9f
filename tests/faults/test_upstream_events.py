"""Events of a stream in every way that a server may write and cut them: the same text."""

import json

import pytest

from providers.sse import EVENT_MAX
from tests.faults.calls import STREAM, ask, broken_off, failure, text_of
from tests.faults.wire import DONE, FINISH, OK, SSE, chunk
from tests.upstream.hostile import sends

TEXTS = ("Grüß ", "dich, 世界 ", "🚀", "\u2028 end\n")
REFERENCE = "".join(TEXTS)
EVENTS = [*map(chunk, TEXTS), FINISH, DONE]
WHOLE = b"".join(EVENTS)
# In a comment, so that nothing of it may come out.
COMMENT = b": OPENROUTER PROCESSING\n\n"


def chunked(*pieces: bytes) -> list[bytes]:
    """Return the pieces in HTTP's chunked coding."""
    coded = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]
    return [*coded, b"0\r\n\r\n"]


def split(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def two_lines(data: bytes) -> bytes:
    """Spread the JSON of an event over two data lines, as the standard allows."""
    head, _, tail = data.removeprefix(b"data: ").partition(b", ")
    return b"data: " + head + b",\ndata: " + tail


WAYS = {
    "plainly": [WHOLE],
    "an event at a time": EVENTS,
    "with comments and blank data": [
        COMMENT + b"data:\n\n" + each + b":\n\ndata: \n\n" for each in EVENTS
    ],
    "with CRLF": [WHOLE.replace(b"\n", b"\r\n")],
    "with CR": [WHOLE.replace(b"\n", b"\r")],
    "with CRLF, cut in it": split(WHOLE.replace(b"\n", b"\r\n"), 7),
    "without a space": [WHOLE.replace(b"data: ", b"data:")],
    "with other fields": [
        b"event: message\nid: 1\nretry: 9\n" + each for each in EVENTS
    ],
    "with JSON over two lines": [
        *map(two_lines, EVENTS[:-1]),
        DONE,
    ],
    "a byte at a time": split(WHOLE, 1),
    "three bytes at a time": split(WHOLE, 3),
    "without the last blank line": [WHOLE.rstrip(b"\n")],
    "without [DONE]": [b"".join(EVENTS[:-1])],
}


@pytest.mark.parametrize("is_chunked", [False, True], ids=["bare", "chunked"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.fault("U12")
async def test_text_is_the_same_however_it_is_cut(client, provider, way, is_chunked):
    pieces = WAYS[way]
    head = OK + b"Content-Type: text/event-stream\r\n"
    if is_chunked:
        head, pieces = head + b"Transfer-Encoding: chunked\r\n", chunked(*pieces)
    is_slow = 1 < len(pieces) < 200
    provider.script = sends(head + b"\r\n", *pieces, pause_s=0.001 * is_slow)
    answer, _ = await ask(client, STREAM)
    assert text_of(answer) == REFERENCE
    assert answer.events[-1] == "[DONE]" and answer.events.count("[DONE]") == 1


@pytest.mark.fault("U12")
async def test_line_of_2_mb_is_an_error(client, provider, measured):
    provider.script = sends(SSE + chunk("x" * 2 * EVENT_MAX) + FINISH + DONE)
    assert failure((await ask(client, STREAM))[0]) == (502, "upstream_invalid")
    provider.script = sends(SSE + chunk("Hello") + b"data: " + b"x" * 2 * EVENT_MAX)
    answer, _ = await ask(client, STREAM)
    assert broken_off(answer) == "upstream_invalid" and text_of(answer) == "Hello"
    measured(f"the same text in {len(WAYS)} ways, chunked and bare; a 2 MB line: error")


@pytest.mark.fault("U12")
async def test_line_just_within_1_mib_is_taken(client, provider):
    text = "x" * (EVENT_MAX - 1000)
    provider.script = sends(SSE + chunk(text) + FINISH + DONE)
    assert text_of((await ask(client, STREAM))[0]) == text


BAD = chunk("\ufffd").replace("\ufffd".encode(), b"\xff\xfe")


@pytest.mark.fault("U13")
async def test_invalid_utf_8_in_a_stream_is_an_error_and_no_crash(client, provider):
    provider.script = sends(SSE + BAD + FINISH + DONE)
    assert failure((await ask(client, STREAM))[0]) == (502, "upstream_invalid")
    provider.script = sends(SSE + chunk("Hello") + BAD + FINISH + DONE)
    answer, _ = await ask(client, STREAM)
    assert broken_off(answer) == "upstream_invalid" and text_of(answer) == "Hello"


@pytest.mark.fault("U13")
async def test_lone_surrogates_in_json_are_an_error_and_no_crash(client, provider):
    escaped = json.dumps({"choices": [{"index": 0, "delta": {"content": "\ud800"}}]})
    provider.script = sends(
        SSE + b"data: " + escaped.encode() + b"\n\n" + FINISH + DONE
    )
    assert failure((await ask(client, STREAM))[0]) == (502, "upstream_invalid")
