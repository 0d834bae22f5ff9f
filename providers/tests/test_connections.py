"""Connections are used again when that is safe, closed when it is not, and never leak."""

import asyncio
import socket
import time

import pytest

from providers.errors import (
    ProviderError,
    ProviderNotReady,
    ProviderTruncated,
    ProviderUnreachable,
)
from providers.registry import Route
from providers.shipped import local, named, offline
from providers.tests.calling import (
    BODY,
    CALLS,
    CHAT,
    CHUNK,
    DONE,
    FINISH,
    KEY,
    LONG,
    OK,
    body_of,
    do,
    eventually,
    to,
)
from tests.upstream.hostile import (
    KEEP,
    HostileServer,
    answers,
    endless,
    resets,
    sends,
    silent,
    streams,
)


async def is_idle(client):
    await eventually(
        lambda: client.idle_connections == client.open_connections, "idle ones alone"
    )


@CALLS
async def test_connection_is_used_again(client, call):
    with HostileServer(answers(body_of(call))) as server:
        for _ in range(3):
            await do(call, client, to(server))
        assert (server.connections, client.open_connections) == (1, 1)


async def test_end_of_a_stream_may_come_apart_from_done(client):
    late = streams(FINISH + DONE, pause_s=0.02)
    with HostileServer(late) as server:
        for _ in range(3):
            await do("stream", client, to(server))
            await is_idle(client)
        assert server.connections == 1


async def test_stream_that_stays_open_after_done_ends_all_the_same(client):
    stays = silent(OK + b"\r\n", FINISH + DONE)
    with HostileServer(stays) as server:
        began = time.monotonic()
        assert len(await do("stream", client, to(server))) == 1
        assert time.monotonic() - began < 0.2
        await asyncio.to_thread(server.wait_until_closed)


async def test_stream_that_goes_on_after_done_is_closed(client, monkeypatch):
    monkeypatch.setattr("providers.reading.LAST_BYTES_S", 9)
    head = OK + b"\r\n" + FINISH + DONE
    with HostileServer(endless(head, b"a" * 4096)) as server:
        assert len(await do("stream", client, to(server))) == 1
        await asyncio.to_thread(server.wait_until_closed)
    assert client.idle_connections == 0


@pytest.mark.parametrize("end", [sends(), resets()])
@CALLS
async def test_pooled_connection_that_was_closed_is_tried_once_more(client, end, call):
    answer = answers(body_of(call))
    with HostileServer(answer, end, answer) as server:
        await do(call, client, to(server))
        await do(call, client, to(server))
        assert (server.connections, len(server.requests)) == (2, 3)


async def test_pooled_connection_that_is_closed_while_idle_is_not_used(client):
    with HostileServer(answers(CHAT, keep=False)) as server:
        await do("chat", client, to(server))
        await eventually(lambda: not client.open_connections, "its end")
        await do("chat", client, to(server))
        assert (server.connections, len(server.requests)) == (2, 2)


@CALLS
@pytest.mark.parametrize("end", [sends(), resets()])
async def test_server_that_only_hangs_up_is_asked_once_on_a_new_connection(
    client, end, call
):
    with HostileServer(end) as server:
        with pytest.raises(ProviderUnreachable):
            await do(call, client, to(server))
        assert server.connections == 1


@CALLS
async def test_server_that_then_only_hangs_up_is_asked_once_more(client, call):
    with HostileServer(answers(body_of(call)), sends()) as server:
        await do(call, client, to(server))
        with pytest.raises(ProviderUnreachable):
            await do(call, client, to(server))
        assert (server.connections, len(server.requests)) == (2, 3)


@CALLS
async def test_pooled_connection_that_answers_a_little_is_not_asked_again(client, call):
    with HostileServer(answers(body_of(call)), sends(b"HTTP/1.1 2")) as server:
        await do(call, client, to(server))
        with pytest.raises(ProviderUnreachable):
            await do(call, client, to(server))
        assert (server.connections, len(server.requests)) == (1, 2)


async def test_bytes_that_come_while_idle_are_no_answer(client):
    stray = OK + b"Content-Length: 4\r\n\r\nevil"

    def answer_and_more(sock, request):
        answers(CHAT)(sock, request)
        time.sleep(0.05)
        sock.sendall(stray)
        return KEEP

    with HostileServer(answer_and_more, answers(CHAT)) as server:
        assert await do("chat", client, to(server))
        await eventually(lambda: not client.open_connections, "its end")
        assert await do("chat", client, to(server))
        assert server.connections == 2


@pytest.mark.parametrize(
    "more", [b"!", b"\r\nHTTP/1.1 200 OK", OK + b"Content-Length: 4\r\n\r\nevil"]
)
@CALLS
async def test_bytes_after_the_answer_spoil_the_connection_alone(client, call, more):
    body = body_of(call)
    answer = OK + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with HostileServer(sends(answer + more, keep=True)) as server:
        for _ in range(2):
            await do(call, client, to(server))
        assert server.connections == 2
    assert client.idle_connections == 0


@CALLS
@pytest.mark.parametrize(
    "head", [OK + b"Connection: close\r\n", b"HTTP/1.0 200 OK\r\n"]
)
@pytest.mark.parametrize("with_length", [True, False])
async def test_connection_that_the_server_gives_up_is_not_used_again(
    client, call, head, with_length
):
    body = body_of(call)
    if with_length:
        head += b"Content-Length: %d\r\n" % len(body)
    with HostileServer(sends(head + b"\r\n" + body, keep=with_length)) as server:
        for _ in range(2):
            await do(call, client, to(server))
        assert server.connections == 2
    assert client.idle_connections == 0


async def test_answer_before_the_request_was_read_spoils_the_connection(client):
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    route = Route(
        named("groq", f"http://127.0.0.1:{listener.getsockname()[1]}/v1", KEY), "a"
    )
    body = {"messages": [{"role": "user", "content": "a" * 30_000_000}]}
    call = asyncio.create_task(do("chat", client, route, body=body))
    sock, _ = await asyncio.to_thread(listener.accept)
    with listener, sock:
        sock.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(CHAT) + CHAT)
        assert await call
    assert client.idle_connections == 0


@pytest.mark.parametrize("greeting", [b"220 mail ESMTP\r\n", OK + b"\r\n", b""])
@CALLS
async def test_server_that_speaks_first_is_refused_in_time(client, call, greeting):
    async def greet(reader, writer):
        writer.write(greeting)
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for host in ("127.0.0.1", "localhost"):
            route = Route(named("groq", f"http://{host}:{port}/v1", KEY), "a")
            with pytest.raises(ProviderError):
                await do(call, client, route)
    await eventually(lambda: not client.open_connections, "their end")


async def test_idle_connections_are_closed_in_the_end(client, monkeypatch):
    monkeypatch.setattr("providers.pool.IDLE_S", 0.05)
    with HostileServer(answers(CHAT)) as server:
        await do("chat", client, to(server))
        assert client.open_connections == 1
        await eventually(lambda: not client.open_connections, "their end")
        await asyncio.to_thread(server.wait_until_closed)


async def test_no_more_connections_are_kept_than_the_cap(client, monkeypatch):
    monkeypatch.setattr("providers.pool.IDLE_MAX", 2)
    with HostileServer(
        sends(b"", OK + b"Content-Length: 48\r\n\r\n" + CHAT, pause_s=0.1, keep=True)
    ) as server:
        await asyncio.gather(*(do("chat", client, to(server)) for _ in range(5)))
        assert client.idle_connections == 2
        await eventually(lambda: client.open_connections == 2, "two alone")


async def test_closing_the_client_ends_calls_and_sends_none_again(client):
    with HostileServer(answers(CHAT), silent()) as server:
        await do("chat", client, to(server))
        call = asyncio.create_task(do("chat", client, to(server)))
        await eventually(lambda: len(server.requests) == 2, "the second request")
        await client.close()
        with pytest.raises(ProviderUnreachable):
            await call
        assert len(server.requests) == 2
        assert client.open_connections == 0


async def test_closing_the_client_breaks_streams_off(client):
    with HostileServer(silent(OK + b"\r\n" + CHUNK)) as server:
        chunks = client.stream_chat(to(server), BODY, LONG)
        await anext(chunks)
        await client.close()
        with pytest.raises(ProviderTruncated):
            await anext(chunks)


async def test_closed_client_opens_again(client, route):
    await do("chat", client, route)
    await client.close()
    await client.close()
    assert await do("chat", client, route)


async def test_slow_reader_holds_the_server_back(client):
    """Nothing is read far ahead of who takes the chunks, and nothing is lost by that."""
    chunk = b'data: {"choices": [{"delta": {"content": "%b"}}]}\n\n' % (b"a" * 4000)
    count = 2000
    sent = 0

    def pours(sock, request):
        nonlocal sent
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        sock.sendall(OK + b"\r\n")
        for _ in range(count):
            sock.sendall(chunk)
            sent += 1
        sock.sendall(FINISH)

    with HostileServer(pours) as server:
        chunks = client.stream_chat(to(server), BODY, LONG)
        await anext(chunks)
        before = -1
        while sent > before:  # until the server stands still
            before = sent
            await asyncio.sleep(0.1)
        assert sent < count
        assert len([chunk async for chunk in chunks]) == count


async def test_many_streams_at_once_are_all_given_back(client):
    with HostileServer(streams(CHUNK, FINISH + DONE, pause_s=0.2)) as server:
        route = to(server)
        calls = [do("stream", client, route) for _ in range(200)]
        assert {len(chunks) for chunks in await asyncio.gather(*calls)} == {2}
        await is_idle(client)
        assert client.open_connections <= 200


# Where there is no server


@pytest.mark.fault("U1")
@CALLS
async def test_refused_connection_is_unreachable_at_once(client, call, measured):
    with HostileServer() as server:
        pass
    route = Route(local(server.url, "", "", {}), "a/one")
    began = time.monotonic()
    with pytest.raises(ProviderUnreachable, match="ollama serve") as caught:
        await do(call, client, route)
    took = time.monotonic() - began
    measured(f"{call}: refused after {took * 1000:.0f} ms")
    assert took < 0.3
    assert not caught.value.permanent
    assert server.url not in str(caught.value)


@CALLS
async def test_embedded_models_that_were_not_started_say_how_to(client, call):
    with HostileServer() as server:
        pass
    route = Route(offline(server.url, server.url), "smollm2-135m")
    with pytest.raises(ProviderNotReady, match="make run"):
        await do(call, client, route)
