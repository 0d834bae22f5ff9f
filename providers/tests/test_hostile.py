"""Rows U3 to U20 of the fault tables, done for real to the client: whatever a server does,
a call ends in one of our errors, in time, with its connection closed."""

import asyncio
import os
import time

import pytest

from providers.deadlines import Deadlines
from providers.errors import (
    ProviderInvalid,
    ProviderRejected,
    ProviderTimeout,
    ProviderTruncated,
    ProviderUnreachable,
)
from providers.tests.calling import (
    BODY,
    CALLS,
    CHAT,
    CHUNK,
    DONE,
    FINISH,
    LONG,
    OK,
    body_of,
    do,
    texts,
    to,
)
from tests.upstream.hostile import (
    HostileServer,
    answers,
    chunked,
    endless,
    resets,
    sends,
    silent,
    streams,
)

CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
WORLD = "Grüße, 世界 🚀"


def chunk_of(text):
    return b'data: {"choices": [{"delta": {"content": "%b"}}]}\n\n' % text.encode()


async def refused(call, client, server, error, deadlines=LONG):
    """Make a call that must fail so, with its connection closed at once; return the
    seconds it took and its error."""
    began = time.monotonic()
    with pytest.raises(error) as caught:
        await do(call, client, to(server), deadlines)
    took = time.monotonic() - began
    await asyncio.to_thread(server.wait_until_closed)
    assert client.open_connections == 0
    assert len(server.requests) == 1
    return took, caught.value


async def until_it_breaks(client, server, error):
    """Return the texts that a stream gives before it fails."""
    seen = []
    with pytest.raises(error):
        async for chunk in client.stream_chat(to(server), BODY, LONG):
            seen.append(chunk)
    return texts(seen)


def resident_bytes():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# Broken off


@pytest.mark.fault("U4")
async def test_stream_that_is_reset_gives_what_came_before(client, measured):
    with HostileServer(resets(OK + b"\r\n", CHUNK, CHUNK)) as server:
        assert await until_it_breaks(client, server, ProviderTruncated) == ["a", "a"]
        assert len(server.requests) == 1
    measured("2 of 2 chunks given, then the error; asked once")


@pytest.mark.fault("U4")
@pytest.mark.parametrize("call", ["chat", "embed"])
@pytest.mark.parametrize("head", [b"Content-Length: 99\r\n", b""])
async def test_answer_that_is_reset_is_truncated(client, call, head):
    with HostileServer(resets(OK + head + b"\r\n" + body_of(call))) as server:
        await refused(call, client, server, ProviderTruncated)


@pytest.mark.fault("U5")
@pytest.mark.parametrize("end", [b"", b"0\r\n\r\n"])
async def test_stream_that_ends_without_a_finish_is_truncated(client, end):
    with HostileServer(streams(CHUNK, CHUNK, end=end)) as server:
        assert await until_it_breaks(client, server, ProviderTruncated) == ["a", "a"]


@pytest.mark.fault("U6")
@CALLS
@pytest.mark.parametrize("status", [b"200 OK", b"500 Oh"])
async def test_body_that_is_shorter_than_told_is_truncated(client, call, status):
    body = body_of(call)
    head = b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n" % (status, len(body) + 1)
    if call == "stream" and status == b"200 OK":
        body, head = CHUNK, OK + b"Content-Length: 999\r\n\r\n"
    with HostileServer(sends(head + body)) as server:
        await refused(call, client, server, ProviderTruncated)


@CALLS
@pytest.mark.parametrize("data", [b"", b"HTTP/1.1", OK, OK + b"Content-Length: 9\r\n"])
async def test_answer_that_ends_in_its_head_is_none(client, call, data):
    with HostileServer(sends(data)) as server:
        await refused(call, client, server, ProviderUnreachable)


# Not what was asked for

SHAPES = {
    "html": b"<html>canary</html>",
    "nothing": b"",
    "cut": b'{"choices": [{"message": {"content": "canary',
    "list": b'["canary"]',
    "null": b"null",
    "no choices": b'{"canary": 1}',
    "choices of null": b'{"choices": null, "data": null}',
    "not UTF-8": b'{"choices": [{"message": {"content": "canary\xff"}}]}',
    "half a character": b'{"choices": [{"message": {"content": "canary\xf0\x9f"}}]}',
    "UTF-16": '{"canary": 1}'.encode("utf-16"),
    "deep": b"[" * 100_000,
}


@pytest.mark.fault("U10")
@pytest.mark.fault("U13")
@CALLS
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("around", [b"%b", b"data: %b\n\n"])
async def test_body_of_the_wrong_shape_is_not_repeated(client, call, shape, around):
    body = around % SHAPES[shape]
    wrong = (ProviderInvalid, ProviderTruncated)
    with HostileServer(answers(body)) as server:
        with pytest.raises(wrong) as caught:
            await do(call, client, to(server))
        assert "canary" not in str(caught.value)


@pytest.mark.fault("U11")
async def test_first_event_that_is_an_error_has_its_status(client):
    event = b'data: {"error": {"code": 429, "message": "slow down"}}\n\n'
    with HostileServer(streams(event, CHUNK)) as server:
        _, error = await refused("stream", client, server, ProviderRejected)
        assert (error.status, error.permanent) == (429, False)


STREAM = (
    b": PROCESSING\r\n\r\ndata:\n\n"
    + chunk_of(WORLD)
    + b"event: ping\nid: 7\nretry: 1\n\n"
    + chunk_of("no space").replace(b"data: ", b"data:")
    + chunk_of(WORLD).replace(b"\n", b"\r\n")
    + b'data: {"choices":\ndata: [{"delta": {"content": "two lines"}}]}\n\n'
    + FINISH
    + DONE
)
TEXTS = [WORLD, "no space", WORLD, "two lines", None]


@pytest.mark.fault("U12")
@pytest.mark.parametrize("size", [1, 2, 3, 7, len(STREAM)])
async def test_stream_is_the_same_however_it_is_cut(client, size):
    pieces = [STREAM[n : n + size] for n in range(0, len(STREAM), size)]
    for script in (streams(*pieces), sends(OK + b"\r\n", *pieces)):
        with HostileServer(script) as server:
            assert texts(await do("stream", client, to(server))) == TEXTS


@pytest.mark.fault("U12")
async def test_cut_within_a_character_waits_for_its_rest(client):
    before, after = (part.encode() for part in (["🚀", ""]))
    whole = chunk_of("\U0001f680")
    place = whole.index(b"\xf0") + 2
    script = streams(whole[:place], whole[place:], FINISH, pause_s=0.02)
    with HostileServer(script) as server:
        chunks = await do("stream", client, to(server))
    assert texts(chunks) == ["\U0001f680", None]


@pytest.mark.fault("U12")
async def test_line_of_2_mb_is_refused_past_1_mib(client):
    line = b"data: " + b"a" * 2_000_000 + b"\n\n"
    with HostileServer(streams(CHUNK, line, FINISH)) as server:
        assert await until_it_breaks(client, server, ProviderInvalid) == ["a"]


@pytest.mark.fault("U13")
async def test_chunk_that_is_not_utf8_is_refused_after_those_before(client):
    with HostileServer(streams(CHUNK, CHUNK.replace(b'"a"', b'"\xff"'))) as server:
        assert await until_it_breaks(client, server, ProviderInvalid) == ["a"]


# Without end


@pytest.mark.fault("U14")
async def test_stream_without_end_is_cut_and_not_kept(client, measured, monkeypatch):
    monkeypatch.setattr("providers.client.STREAM_MAX", 2 * 1024 * 1024)
    with HostileServer(endless(OK + b"\r\n", CHUNK * 100)) as server:
        before, count = resident_bytes(), 0
        with pytest.raises(ProviderInvalid, match="more than Aura takes"):
            async for _ in client.stream_chat(to(server), BODY, LONG):
                count += 1
        grown = resident_bytes() - before
        await asyncio.to_thread(server.wait_until_closed)
    measured(f"cut after {count} chunks, memory grew by {grown / 2**20:.1f} MiB")
    assert grown < 10 * 2**20


HUGE = {
    "length": OK + b"Content-Length: 1000000000\r\n\r\n",
    "no length": OK + b"\r\n",
    "chunks": CHUNKED,
}


@pytest.mark.fault("U15")
@pytest.mark.parametrize("call", ["chat", "embed"])
@pytest.mark.parametrize("framing", HUGE)
async def test_body_of_1_gb_is_cut(client, call, framing, measured):
    piece = b"a" * 65536
    piece = chunked(piece) if framing == "chunks" else piece
    with HostileServer(endless(HUGE[framing], piece, size=10**9)) as server:
        before = resident_bytes()
        took, _ = await refused(call, client, server, ProviderInvalid)
        grown = resident_bytes() - before
    measured(
        f"{framing}: cut after {took:.2f} s, memory grew by {grown / 2**20:.1f} MiB"
    )
    assert grown < 40 * 2**20


@pytest.mark.fault("U16")
@CALLS
@pytest.mark.parametrize("coding", [b"gzip", b"br", b"identity, gzip", b"GZIP"])
async def test_compressed_body_is_refused_before_it_is_read(
    client, call, coding, measured
):
    head = CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: %b\r\n\r\n" % coding)
    bomb = chunked(b"\x1f\x8b" * 32768)
    with HostileServer(endless(head, bomb)) as server:
        before = resident_bytes()
        _, error = await refused(call, client, server, ProviderInvalid)
        grown = resident_bytes() - before
    assert "compressed" in error.message
    measured(f"{call}: refused by its head, memory grew by {grown / 2**20:.1f} MiB")
    assert grown < 10 * 2**20


# Not HTTP as it should be

HEADS = {
    "bad status": b"HTTP/1.1 abc OK\r\n\r\n",
    "no HTTP": b"220 mail.example ESMTP\r\n",
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "two equal lengths": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "500 headers": OK + b"X: a\r\n" * 500 + b"\r\n",
    "200 KB header": OK + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
    "both framings": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
    "CR in a header": OK + b"X: a\rSet-Cookie: b\r\n\r\n",
    "LF in a header": OK + b"X: a\nSet-Cookie: b\r\n\r\n",
    "bad chunk size": CHUNKED + b"2\r\n{}\r\nZZ\r\n",
    "chunk over its size": CHUNKED + b"2\r\n{}{}\r\n",
}


@pytest.mark.fault("U17")
@CALLS
@pytest.mark.parametrize("head", HEADS)
async def test_what_is_not_http_is_refused_at_once(client, call, head, measured):
    """At once, and not at a deadline: the server says no more, and stays."""
    with HostileServer(silent(HEADS[head])) as server:
        took, _ = await refused(call, client, server, ProviderInvalid)
    measured(f"{call}, {head}: refused after {took * 1000:.0f} ms")
    assert took < 1


async def test_chunks_before_a_bad_one_are_given(client):
    bad = silent(CHUNKED + chunked(CHUNK) + chunked(CHUNK) + b"ZZ\r\n")
    with HostileServer(bad) as server:
        assert await until_it_breaks(client, server, ProviderInvalid) == ["a", "a"]


@CALLS
async def test_trailers_are_taken_and_dropped(client, call):
    trailers = b"0\r\nX-Checksum: abc\r\nRetry-After: 7\r\n\r\n"
    answer = CHUNKED + chunked(body_of(call)) + trailers
    with HostileServer(sends(answer, keep=True)) as server:
        for _ in range(2):
            assert await do(call, client, to(server))
        assert server.connections == 1


@pytest.mark.fault("U19")
@CALLS
async def test_interim_answers_are_skipped(client, call):
    interim = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    )
    body = body_of(call)
    answer = OK + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with HostileServer(sends(interim * 3 + answer, keep=True)) as server:
        for _ in range(2):
            assert await do(call, client, to(server))
        assert server.connections == 1


@pytest.mark.fault("U19")
@CALLS
@pytest.mark.parametrize("status", ["201 A", "204 B", "205 C", "206 D", "304 E"])
async def test_success_without_an_answer_is_refused_at_once(client, call, status):
    head = f"HTTP/1.1 {status}\r\n\r\n".encode()
    with HostileServer(silent(head)) as server:
        _, error = await refused(call, client, server, ProviderInvalid)
    assert status[:3] in error.message


@CALLS
async def test_switch_of_protocol_is_refused(client, call):
    head = (
        b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    )
    with HostileServer(silent(head + b"\x81\x05hello")) as server:
        await refused(call, client, server, ProviderInvalid)


@pytest.mark.fault("U20")
async def test_headers_of_a_provider_go_no_further(client):
    """All that a call gives is JSON: there is no place for a header in it."""
    lines = b"Set-Cookie: parrot=1\r\nServer: parrot\r\nConnection: X\r\nX: parrot\r\n"
    with HostileServer(answers(CHAT, headers=lines)) as server:
        for _ in range(2):
            assert "parrot" not in str(await do("chat", client, to(server)))
        assert b"parrot" not in server.requests[1]


@pytest.mark.fault("U3")
@CALLS
async def test_body_that_drips_within_chunks_is_cut_at_the_total_deadline(client, call):
    drip = endless(CHUNKED, chunked(b" "), pause_s=0.01)
    with HostileServer(drip) as server:
        deadlines = Deadlines(0.2, 0.2, 0.2)
        took, _ = await refused(call, client, server, ProviderTimeout, deadlines)
    assert 0.15 < took < 0.6


@CALLS
async def test_flood_of_tiny_chunks_is_refused_at_once(client, call):
    """Each chunk takes its time, and that of everyone else."""
    flood = endless(CHUNKED, b"1\r\n \r\n" * 1000)
    with HostileServer(flood) as server:
        await refused(call, client, server, ProviderInvalid)


@pytest.mark.fault("U15")
@pytest.mark.parametrize("call", ["chat", "embed"])
async def test_small_chunks_take_no_more_memory_than_large_ones(
    client, call, measured, monkeypatch
):
    monkeypatch.setattr("providers.client.ANSWER_MAX", 2 * 1024 * 1024)
    flood = endless(CHUNKED, chunked(b"a" * 24) * 1000)
    with HostileServer(flood) as server:
        before = resident_bytes()
        await refused(call, client, server, ProviderInvalid)
        grown = resident_bytes() - before
    measured(f"2 MiB in chunks of 24 bytes: memory grew by {grown / 2**20:.1f} MiB")
    assert grown < 5 * 2**20
