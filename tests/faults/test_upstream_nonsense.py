"""The provider sends what is no answer, or no HTTP: a 502 that shows nothing of it."""

import pytest

from gateway.tests.conftest import CHAT
from tests.faults.calls import EITHER, STREAM, ask, failure, text_of
from tests.faults.wire import DONE, OK, SSE, answer, chat, stream, well
from tests.upstream.hostile import sends

CANARY = b"canary"
BODIES = {
    "HTML": b"<html><h1>canary",
    "nothing": b"",
    "half of JSON": b'{"choices": [{"message": "canary"',
    "a list": b'["canary"]',
    "null": b"null",
    "a text": b'"canary"',
    "no choices": b'{"canary": 1}',
    "choices that are none": b'{"choices": "canary"}',
    "empty choices": b'{"choices": []}',
    "choices without a message": b'{"choices": [{"canary": 1}]}',
    "invalid UTF-8": b'{"choices": [{"message": {"content": "canary \xff\xfe"}}]}',
    "NaN": b'{"choices": [{"message": {"content": NaN}}], "canary": 1}',
    "too deep": b'{"choices": ' + b"[" * 2000 + b"]" * 2000 + b"}",
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.fault("U10")
async def test_body_that_is_no_answer_is_a_502_that_shows_none_of_it(
    client, provider, body
):
    headers = {"Content-Type": "text/html"}
    provider.script = sends(answer(BODIES[body], headers=headers))
    said, _ = await ask(client, CHAT)
    assert failure(said) == (502, "upstream_invalid")
    assert CANARY not in said.body


# A chunk may be so; a stream without a finish is another fault.
CHUNKS = {"nothing", "no choices", "empty choices", "choices without a message"}


@pytest.mark.parametrize("data", [name for name in BODIES if name not in CHUNKS])
@pytest.mark.fault("U10")
async def test_event_that_is_no_chunk_is_a_502_that_shows_none_of_it(
    client, provider, data
):
    provider.script = sends(SSE + b"data: " + BODIES[data] + b"\n\n" + DONE)
    said, _ = await ask(client, STREAM)
    assert failure(said) == (502, "upstream_invalid")
    assert CANARY not in said.body


@pytest.mark.parametrize("body", [answer(chat()), answer(b"<html>canary"), answer(b"")])
@pytest.mark.fault("U10")
async def test_answer_that_is_no_stream_although_one_was_asked_for_is_a_502(
    client, provider, body
):
    provider.script = sends(body)
    said, _ = await ask(client, STREAM)
    assert said.status == 502
    assert said.error["code"] in ("upstream_invalid", "upstream_truncated")
    assert CANARY not in said.body


@pytest.mark.fault("U13")
async def test_invalid_utf_8_in_a_plain_answer_is_a_502(client, provider):
    provider.script = sends(answer(b'{"choices": [{"message": {"content": "\xff"}}]}'))
    said, _ = await ask(client, CHAT)
    assert failure(said) == (502, "upstream_invalid")


CHAT_BYTES = answer(chat()).partition(b"\r\n\r\n")[2]
LENGTH = b"Content-Length: %d\r\n" % len(CHAT_BYTES)
NO_HTTP = {
    "two lengths": OK + LENGTH + b"Content-Length: 2\r\n\r\n" + CHAT_BYTES,
    "length and chunks": OK + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": OK + b"Content-Length: -2\r\n\r\n" + CHAT_BYTES,
    "length of words": OK + b"Content-Length: many\r\n\r\n" + CHAT_BYTES,
    "bad status line": b"HTTP/1.1 abc No\r\n\r\n" + CHAT_BYTES,
    "no HTTP at all": b"220 smtp.example ESMTP\r\n",
    "HTTP/2": b"HTTP/2.0 200 OK\r\n" + LENGTH + b"\r\n" + CHAT_BYTES,
    "500 headers": OK + LENGTH + b"X: a\r\n" * 500 + b"\r\n" + CHAT_BYTES,
    "header of 200 KB": OK + b"X: " + b"a" * 200_000 + b"\r\n\r\n" + CHAT_BYTES,
    "NUL in a header": OK + LENGTH + b"X: a\x00b\r\n\r\n" + CHAT_BYTES,
    "bad chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n",
    "endless head": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 100_000,
}


@EITHER
@pytest.mark.parametrize("wire", NO_HTTP)
@pytest.mark.fault("U17")
async def test_what_is_no_http_is_a_502(client, provider, body, wire):
    provider.script = sends(NO_HTTP[wire])
    said, _ = await ask(client, body)
    assert said.status == 502 and said.error["code"].startswith("upstream_")


INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


@EITHER
@pytest.mark.fault("U19")
async def test_interim_answers_are_skipped(client, provider, body):
    whole = stream("Hello") if body is STREAM else answer(chat())
    provider.script = sends(INTERIM * 3 + whole)
    said, _ = await ask(client, body)
    assert (said.status, text_of(said)) == (200, "Hello")


@EITHER
@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        INTERIM,
    ],
    ids=["204", "304", "101", "nothing but interim"],
)
@pytest.mark.fault("U19")
async def test_status_without_an_answer_is_a_502_and_no_hang(
    client, provider, body, wire
):
    provider.script = sends(wire)
    said, took_s = await ask(client, body)
    assert said.status == 502
    assert took_s < 1


THEIRS = {
    "Set-Cookie": "canary=1; Path=/",
    "Server": "canary",
    "X-Powered-By": "canary",
    "X-Request-Id": "canary",
    "X-Aura-Model": "canary",
    "Access-Control-Allow-Origin": "canary",
    "Keep-Alive": "timeout=canary",
    "Trailer": "canary",
    "Location": "http://canary/",
}


@EITHER
@pytest.mark.parametrize("status", ["200 OK", "400 No"])
@pytest.mark.fault("U20")
async def test_no_header_of_the_provider_reaches_the_client(
    client, provider, body, status
):
    data = stream("Hello").removeprefix(SSE) if body is STREAM else CHAT_BYTES
    provider.script = sends(answer(data, status, THEIRS))
    said, _ = await ask(client, body)
    ours = {"content-type", "content-length", "cache-control", "x-accel-buffering"}
    assert not [
        text for pair in said.headers.items() for text in pair if "canary" in text
    ]
    assert all(name in ours or name.startswith("x-") for name in said.headers)


@EITHER
@pytest.mark.parametrize("cut", [b"\r", b"\n", b"\r\n "], ids=["CR", "LF", "folded"])
@pytest.mark.fault("U20")
async def test_line_breaks_in_a_header_bring_nothing_in(client, provider, body, cut):
    data = stream("Hello").removeprefix(SSE) if body is STREAM else CHAT_BYTES
    header = b"X-Theirs: a" + cut + b"Set-Cookie: canary=1\r\n"
    provider.script = sends(
        OK + header + b"Content-Length: %d\r\n\r\n" % len(data) + data
    )
    said, _ = await ask(client, body)
    assert said.status in (200, 502)
    assert "set-cookie" not in said.headers
    provider.script = well
    assert (await ask(client, body))[0].status == 200
