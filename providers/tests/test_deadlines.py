"""Each wait ends at its deadline, and only the provider is made to keep it."""

import asyncio
import time

import pytest

from providers.deadlines import Deadlines
from providers.errors import ProviderTimeout
from providers.tests.calling import (
    BODY,
    CALLS,
    CHUNK,
    DONE,
    FINISH,
    OK,
    do,
    eventually,
    texts,
    to,
)
from tests.upstream.hostile import HostileServer, drips, endless, silent, streams


@pytest.mark.fault("U2")
@CALLS
async def test_server_that_never_answers_ends_at_the_deadline(
    client, route, upstream, call, measured
):
    upstream.script(stall=True)
    deadlines = Deadlines(first_chunk_s=0.1, between_chunks_s=5, total_s=0.1)
    began = time.monotonic()
    with pytest.raises(ProviderTimeout) as caught:
        await do(call, client, route, deadlines)
    took = time.monotonic() - began
    measured(f"{call}: 0.1 s allowed, given up after {took:.2f} s")
    assert 0.09 < took < 0.4
    assert not caught.value.permanent
    await eventually(lambda: upstream.aborted == 1, "the abort")


async def test_first_chunk_of_a_stream_is_due_no_later_than_all(
    client, route, upstream
):
    upstream.script(stall=True)
    began = time.monotonic()
    with pytest.raises(ProviderTimeout):
        await do("stream", client, route, Deadlines(5, 5, 0.1))
    assert time.monotonic() - began < 0.4


async def test_head_without_a_chunk_ends_at_the_first_chunk_deadline(
    client, route, upstream
):
    upstream.script(raw=[FINISH], hold_after=0)
    with pytest.raises(ProviderTimeout):
        await do("stream", client, route, Deadlines(0.1, 5, 5))


async def test_comments_are_no_first_chunk(client, route, upstream):
    comments = [b": PROCESSING\n\n", b"data:\n\n"] * 50
    upstream.script(raw=comments, chunk_interval_s=0.02)
    began = time.monotonic()
    with pytest.raises(ProviderTimeout):
        await do("stream", client, route, Deadlines(0.1, 5, 5))
    assert time.monotonic() - began < 0.4


async def test_comments_keep_a_stream_alive_that_has_begun(client, route, upstream):
    upstream.script(raw=[CHUNK, *[b": wait\n"] * 8, FINISH], chunk_interval_s=0.04)
    chunks = await do("stream", client, route, Deadlines(0.3, 0.15, 5))
    assert len(chunks) == 2


async def test_silence_between_chunks_ends_at_its_deadline(client, route, upstream):
    upstream.script(hold_after=1)
    seen = []
    began = time.monotonic()
    with pytest.raises(ProviderTimeout):
        async for chunk in client.stream_chat(route, BODY, Deadlines(5, 0.1, 5)):
            seen.append(chunk)
    assert texts(seen) == ["", "a/one says hello"]
    assert time.monotonic() - began < 0.5


async def test_silence_ends_at_the_total_deadline_at_the_latest(
    client, route, upstream
):
    upstream.script(hold_after=1)
    began = time.monotonic()
    with pytest.raises(ProviderTimeout):
        await do("stream", client, route, Deadlines(5, 5, 0.2))
    assert time.monotonic() - began < 0.5


async def test_reader_that_takes_its_time_is_not_the_providers_fault(client, route):
    chunks = client.stream_chat(route, BODY, Deadlines(5, 0.05, 5))
    await anext(chunks)
    await asyncio.sleep(0.15)
    assert len([chunk async for chunk in chunks]) == 4


async def test_reader_that_takes_its_time_may_do_so_between_chunks(client):
    script = streams(CHUNK, CHUNK, FINISH + DONE, pause_s=0.1)
    with HostileServer(script) as server:
        chunks = client.stream_chat(to(server), BODY, Deadlines(5, 0.18, 5))
        await anext(chunks)
        await anext(chunks)
        await asyncio.sleep(0.25)
        assert len([chunk async for chunk in chunks]) == 1


async def test_reader_that_never_comes_back_does_not_hold_the_connection(
    client, route, upstream
):
    upstream.script(hold_after=1)
    chunks = client.stream_chat(route, BODY, Deadlines(0.2, 5, 0.2))
    await anext(chunks)
    await eventually(lambda: upstream.aborted == 1, "the abort")
    assert len([await anext(chunks)]) == 1  # it had come before
    with pytest.raises(ProviderTimeout):
        await anext(chunks)


@pytest.mark.fault("U14")
async def test_stream_that_never_ends_ends_at_the_total_deadline(
    client, route, upstream, measured
):
    upstream.script(chunk_count=1000, chunk_interval_s=0.01)
    began = time.monotonic()
    with pytest.raises(ProviderTimeout):
        await do("stream", client, route, Deadlines(5, 5, 0.2))
    took = time.monotonic() - began
    measured(f"0.2 s allowed in all, cut after {took:.2f} s")
    assert 0.15 < took < 0.6


@pytest.mark.fault("U3")
@CALLS
@pytest.mark.parametrize("status", [b"200 OK", b"500 Oh"])
@pytest.mark.parametrize("part", ["head", "body"])
async def test_answer_that_drips_ends_at_the_total_deadline(
    client, call, part, status, measured
):
    head = b"HTTP/1.1 %s\r\nContent-Length: 99\r\n\r\n" % status
    in_head = drips(b"HTTP/1.1 %s\r\nX-Slow: a" % status, every_s=0.02)
    in_body = drips(b"data: a\n" * 5, after=head, every_s=0.02)
    with HostileServer(in_head if part == "head" else in_body) as server:
        began = time.monotonic()
        with pytest.raises(ProviderTimeout):
            await do(call, client, to(server), Deadlines(0.15, 0.15, 0.15))
        took = time.monotonic() - began
        measured(f"{call}, {part}: 0.15 s allowed in all, given up after {took:.2f} s")
        assert 0.1 < took < 0.5
        await asyncio.to_thread(server.wait_until_closed)


@CALLS
async def test_interim_answers_are_no_answer(client, call):
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    deadlines = Deadlines(0.2, 5, 0.2)
    with HostileServer(endless(interim, interim, pause_s=0.02)) as server:
        with pytest.raises(ProviderTimeout):
            await do(call, client, to(server), deadlines)
        await asyncio.to_thread(server.wait_until_closed)


@CALLS
async def test_head_that_stands_still_ends_at_its_deadline(client, call):
    with HostileServer(silent(OK + b"Content-Len")) as server:
        with pytest.raises(ProviderTimeout):
            await do(call, client, to(server), Deadlines(0.1, 5, 0.1))
        await asyncio.to_thread(server.wait_until_closed)
