"""The client sends what it should and nothing else, and bounds every wait."""

import asyncio
import time

import pytest
from aiohttp import http_exceptions

from providers.client import Client
from providers.deadlines import Deadlines
from providers.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderNotReady,
    ProviderRejected,
    ProviderTimeout,
    ProviderTruncated,
    ProviderUnreachable,
)
from providers.reading import ANSWER_MAX, ERROR_MAX, translated
from providers.registry import Provider, Route
from providers.shipped import local, named, offline, openrouter
from providers.tests.conftest import KEY
from providers.tests.wire import WireServer, answering
from tests.waiting import wait_until

BODY = {"messages": [{"role": "user", "content": "Hello"}], "seed": 7}
LONG = Deadlines(5, 5, 5)
OK = b"HTTP/1.1 200 OK\r\n"
CHAT = b'{"choices": [{"message": {"content": "Hello"}}]}'
CHAT_ANSWER = OK + b"Content-Length: %d\r\n\r\n" % len(CHAT) + CHAT
FINISH = b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n'
CALLS = pytest.mark.parametrize("call", ["chat", "stream", "embed"])


async def do(call, client, route, deadlines=LONG, body=BODY):
    """Make a call and return all it gives."""
    if call == "stream":
        return [c async for c in client.stream_chat(route, body, deadlines)]
    if call == "embed":
        return await client.embed(route, {"input": "Hello"}, deadlines)
    return await client.chat(route, body, deadlines)


def texts(chunks):
    return [c["choices"][0]["delta"].get("content") for c in chunks if c["choices"]]


async def eventually(claim, what, timeout_s=1.0):
    """Wait without holding up the loop that the client lives on."""
    await asyncio.to_thread(wait_until, claim, what, timeout_s)


def to(server):
    return Route(named("groq", server.url, KEY), "a/one")


async def test_chat_sends_the_body_with_the_model_of_the_route(client, route, upstream):
    answer = await client.chat(route, {**BODY, "model": "aura/l3"}, LONG)
    assert answer["choices"][0]["message"]["content"] == "a/one says hello"
    [request] = upstream.requests
    assert request.path == "/v1/chat/completions"
    assert request.body == {**BODY, "model": "a/one"}
    assert request.key == KEY


async def test_stream_gives_each_chunk(client, route, upstream):
    chunks = await do("stream", client, route)
    assert texts(chunks)[1:4] == ["a/one says hello"] + [", a/one goes on"] * 2
    assert upstream.requests[0].body["stream"] is True


async def test_embeddings_come_from_their_own_address(client, upstream):
    nowhere = "http://127.0.0.1:9/v1"
    route = Route(offline(nowhere, upstream.url), "e5")
    answer = await client.embed(route, {"input": ["a", "b"], "dimensions": 4}, LONG)
    assert [len(row["embedding"]) for row in answer["data"]] == [4, 4]
    [request] = upstream.requests
    assert (request.path, request.model) == ("/v1/embeddings", "e5")


async def test_only_our_own_headers_are_sent(client, upstream):
    route = Route(openrouter(upstream.url, KEY), "a/one")
    await do("chat", client, route)
    headers = dict(upstream.requests[0].headers)
    assert headers.pop("Authorization") == f"Bearer {KEY}"
    assert headers.pop("HTTP-Referer").startswith("https://")
    assert headers.pop("X-OpenRouter-Title") == headers.pop("X-Title") == "Aura"
    assert headers.pop("Accept-Encoding") == "identity"
    assert headers.pop("Content-Type") == "application/json"
    assert headers.pop("User-Agent") == "aura"
    assert set(headers) == {"Host", "Accept", "Content-Length"}


async def test_provider_without_a_key_gets_none(client, upstream):
    await do("chat", client, Route(local(upstream.url, "", "", {}), "a/one"))
    assert "Authorization" not in upstream.requests[0].headers


@CALLS
async def test_provider_that_is_not_set_up_is_not_called(client, upstream, call):
    route = Route(named("groq", upstream.url, ""), "a/one")
    with pytest.raises(ProviderNotReady, match="AURA_GROQ_API_KEY"):
        await do(call, client, route)
    assert upstream.requests == []


async def test_cookies_of_a_provider_are_not_kept(client, route, upstream):
    upstream.script(headers={"Set-Cookie": "a=b; Path=/"})
    await do("chat", client, route)
    await do("chat", client, route)
    assert "Cookie" not in upstream.requests[1].headers


async def test_proxy_and_netrc_of_the_environment_are_ignored(
    client, route, upstream, tmp_path, monkeypatch
):
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login someone password secret\n")
    netrc.chmod(0o600)
    async with WireServer(answering(CHAT_ANSWER)) as proxy:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(netrc))
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        await do("chat", client, route)
    assert proxy.connections == 0
    assert upstream.requests[0].key == KEY


@CALLS
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_refused_and_its_target_hears_nothing(
    client, route, upstream, call, status
):
    async with WireServer(answering(CHAT_ANSWER)) as target:
        upstream.script(status=status, headers={"Location": target.url}, body=b"")
        with pytest.raises(ProviderInvalid, match=str(status)):
            await do(call, client, route)
    assert target.connections == 0
    assert len(upstream.requests) == 1


async def test_closing_a_stream_ends_the_upstream_request(client, route, upstream):
    upstream.script(hold_after=1)
    chunks = client.stream_chat(route, BODY, LONG)
    await anext(chunks)
    await chunks.aclose()
    await eventually(lambda: upstream.aborted == 1, "the abort")
    assert upstream.open_streams == 0


@CALLS
async def test_cancelled_call_ends_the_upstream_request(client, route, upstream, call):
    upstream.script(stall=True)
    task = asyncio.create_task(do(call, client, route))
    await eventually(lambda: upstream.requests, "the request")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await eventually(lambda: upstream.aborted == 1, "the abort")


@CALLS
async def test_connection_is_used_again(client, call):
    answer = {
        "chat": CHAT_ANSWER,
        "embed": OK + b'Content-Length: 11\r\n\r\n{"data":[]}',
        "stream": OK + b"Transfer-Encoding: chunked\r\n\r\n"
        b"%x\r\n%s\r\n" % (len(FINISH) + 14, FINISH + b"data: [DONE]\n\n"),
    }[call]

    async def serve(connection):
        for _ in range(3):
            await connection.read()
            # The end of a chunked body comes apart from [DONE], as it often does.
            await connection.write(answer, b"0\r\n\r\n" if call == "stream" else b"")

    async with WireServer(serve) as server:
        for _ in range(3):
            await do(call, client, to(server))
        assert server.connections == 1


async def test_stream_that_stays_open_after_done_ends_all_the_same(client):
    async def serve(connection):
        await connection.read()
        await connection.write(OK + b"\r\n", FINISH + b"data: [DONE]\n\n")
        await connection.read()

    async with WireServer(serve) as server:
        began = time.monotonic()
        assert len(await do("stream", client, to(server))) == 1
        assert time.monotonic() - began < 0.5


@pytest.mark.parametrize("end", ["close", "reset"])
@CALLS
async def test_pooled_connection_that_was_closed_is_tried_once_more(client, end, call):
    answer = {
        "chat": CHAT_ANSWER,
        "embed": OK + b'Content-Length: 11\r\n\r\n{"data":[]}',
        "stream": OK + b"Content-Length: %d\r\n\r\n%s" % (len(FINISH), FINISH),
    }[call]

    async def serve(connection):
        await connection.read()
        await connection.write(answer)
        if connection.number == 1:
            await connection.read()
            getattr(connection, end)()

    async with WireServer(serve) as server:
        await do(call, client, to(server))
        await do(call, client, to(server))
        assert server.connections == 2


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_server_that_only_hangs_up_is_tried_twice_at_most(client, end):
    async def serve(connection):
        await connection.read()
        getattr(connection, end)()

    async with WireServer(serve) as server:
        with pytest.raises(ProviderUnreachable):
            await do("chat", client, to(server))
        assert server.connections == 2


@CALLS
async def test_refused_connection_is_unreachable_at_once(client, call):
    async with WireServer(answering()) as server:
        pass
    route = Route(local(server.url, "", "", {}), "a/one")
    began = time.monotonic()
    with pytest.raises(ProviderUnreachable, match="ollama serve") as caught:
        await do(call, client, route)
    assert time.monotonic() - began < 0.3
    assert not caught.value.permanent
    assert server.url not in str(caught.value)


@CALLS
async def test_embedded_models_that_were_not_started_say_how_to(client, call):
    async with WireServer(answering()) as server:
        pass
    route = Route(offline(server.url, server.url), "smollm2-135m")
    with pytest.raises(ProviderNotReady, match="make run"):
        await do(call, client, route)


async def test_host_that_no_name_can_be_is_unreachable(client):
    route = Route(named("groq", "http://a..b/v1", KEY), "a/one")
    with pytest.raises(ProviderUnreachable):
        await do("chat", client, route)


async def test_closed_client_opens_again(client, route):
    await do("chat", client, route)
    await client.close()
    await client.close()
    assert await do("chat", client, route)


# Deadlines


@CALLS
async def test_server_that_never_answers_ends_at_the_deadline(
    client, route, upstream, call
):
    upstream.script(stall=True)
    deadlines = Deadlines(first_chunk_s=0.1, between_chunks_s=5, total_s=0.1)
    began = time.monotonic()
    with pytest.raises(ProviderTimeout) as caught:
        await do(call, client, route, deadlines)
    assert 0.09 < time.monotonic() - began < 0.4
    assert not caught.value.permanent
    await eventually(lambda: upstream.aborted == 1, "the abort")


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
    chunk = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
    upstream.script(raw=[chunk, *[b": wait\n"] * 8, FINISH], chunk_interval_s=0.04)
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


async def test_reader_that_takes_its_time_is_not_the_providers_fault(client, route):
    chunks = client.stream_chat(route, BODY, Deadlines(5, 0.05, 5))
    await anext(chunks)
    await asyncio.sleep(0.1)
    assert len([chunk async for chunk in chunks]) == 4


async def test_stream_that_never_ends_ends_at_the_total_deadline(
    client, route, upstream
):
    upstream.script(chunk_count=1000, chunk_interval_s=0.01)
    began = time.monotonic()
    with pytest.raises(ProviderTimeout):
        await do("stream", client, route, Deadlines(5, 5, 0.2))
    assert 0.15 < time.monotonic() - began < 0.6


@pytest.mark.parametrize("status", [b"200 OK", b"500 Oh"])
@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 %s\r\nContent-Length: 99\r\n\r\n"])
@pytest.mark.parametrize("call", ["chat", "stream"])
async def test_answer_that_drips_ends_at_the_total_deadline(client, call, head, status):
    drip = b"HTTP/1.1 200 OK\r\nX-Slow: " if not head else b"data: a\n"
    begin = head and head % status
    async with WireServer(answering(begin, *[b"%c" % byte for byte in drip] * 20)) as s:
        began = time.monotonic()
        with pytest.raises(ProviderTimeout):
            await do(call, client, to(s), Deadlines(0.15, 0.15, 0.15))
        assert 0.1 < time.monotonic() - began < 0.5


# Answers that are none


@CALLS
@pytest.mark.parametrize(
    "body", [b"", b"<h1>hello", b"{", b"[]", b"null", b"\xff\xfe{}", b'{"choices":{}}']
)
async def test_body_of_the_wrong_shape_is_refused(client, route, upstream, call, body):
    if call == "stream":
        body = b"data: " + body + b"\n\n"
    upstream.script(body=body, headers={"Content-Type": "text/html"})
    with pytest.raises((ProviderInvalid, ProviderTruncated)) as caught:
        await do(call, client, route)
    assert "hello" not in str(caught.value)


@CALLS
@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip"])
async def test_compressed_body_is_refused_unread(client, route, upstream, call, coding):
    upstream.script(body=b"\x1f\x8b" * 100, headers={"Content-Encoding": coding})
    with pytest.raises(ProviderInvalid, match="compressed"):
        await do(call, client, route)


@CALLS
async def test_answer_that_is_too_large_is_refused(client, route, upstream, call):
    upstream.script(body=b"data: a\n\n" * (ANSWER_MAX // 9 + 1))
    with pytest.raises(ProviderInvalid):
        await do(call, client, route)


async def test_stream_that_is_too_large_is_refused(
    client, route, upstream, monkeypatch
):
    monkeypatch.setattr("providers.reading.STREAM_MAX", 500)
    upstream.script(chunk_count=1000)
    with pytest.raises(ProviderInvalid, match="more than Aura takes"):
        await do("stream", client, route)


async def test_line_that_is_too_long_is_refused(client, route, upstream):
    upstream.script(raw=[b"data: " + b"a" * 700_000] * 3)
    with pytest.raises(ProviderInvalid, match="more than Aura takes"):
        await do("stream", client, route)


@CALLS
async def test_error_status_tells_its_text_and_when_to_come_back(
    client, route, upstream, call
):
    upstream.script(status=429, headers={"Retry-After": "2"})
    with pytest.raises(ProviderRejected) as caught:
        await do(call, client, route)
    error = caught.value
    assert (error.status, error.retry_after_s) == (429, 2.0)
    assert error.message == "groq answered 429: a/one answers 429 as scripted"
    assert len(upstream.requests) == 1


async def test_error_with_a_body_without_end_is_cut(client, route, upstream):
    upstream.script(status=500, body=b"a" * (ERROR_MAX + 1))
    with pytest.raises(ProviderInvalid):
        await do("chat", client, route)


@pytest.mark.parametrize("status", [201, 204, 206, 304])
async def test_success_that_is_no_200_is_refused(client, route, upstream, status):
    upstream.script(status=status, body=b"")
    with pytest.raises(ProviderInvalid, match=str(status)):
        await do("chat", client, route)


async def test_first_event_that_is_an_error_is_that_error(client, route, upstream):
    upstream.script(raw=b'data: {"error": {"code": 402, "message": "no credit"}}\n\n')
    with pytest.raises(ProviderRejected, match="no credit") as caught:
        await do("stream", client, route)
    assert caught.value.status == 402


@pytest.mark.parametrize("end", [b"", b"data: [DONE]\n\n", b"data:[DONE]", b": bye\n"])
async def test_stream_without_a_finish_is_truncated(client, route, upstream, end):
    chunk = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
    upstream.script(raw=chunk + end)
    seen = []
    with pytest.raises(ProviderTruncated):
        async for piece in client.stream_chat(route, BODY, LONG):
            seen.append(piece)
    assert texts(seen) == ["a"]


@pytest.mark.parametrize("end", [b"", b"data: [DONE]\n\n", b"data: [DONE] \n\n"])
async def test_stream_with_a_finish_needs_no_done(client, route, upstream, end):
    upstream.script(raw=FINISH + end)
    assert len(await do("stream", client, route)) == 1


async def test_nothing_after_done_is_read(client, route, upstream):
    upstream.script(raw=FINISH + b"data: [DONE]\n\ndata: nonsense\n\n")
    assert len(await do("stream", client, route)) == 1


async def test_stream_that_is_reset_gives_what_came_before(client, route, upstream):
    upstream.script(drop_after=2)
    seen = []
    with pytest.raises((ProviderTruncated, ProviderUnreachable)):
        async for chunk in client.stream_chat(route, BODY, LONG):
            seen.append(chunk)
    assert len(seen) == 3
    assert len(upstream.requests) == 1


async def test_characters_cut_apart_come_together(client, route, upstream):
    text = b'data: {"choices": [{"delta": {"content": "\xf0\x9f\x9a\x80"}}]}\n\n'
    pieces = [bytes([byte]) for byte in text]
    upstream.script(raw=[*pieces, FINISH])
    assert texts(await do("stream", client, route))[0] == "🚀"


WIRES = {
    "no HTTP": (b"hello\r\n\r\n", ProviderInvalid),
    "bad status": (b"HTTP/1.1 abc OK\r\n\r\n", ProviderInvalid),
    "two lengths": (
        OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        ProviderInvalid,
    ),
    "length and chunks": (
        OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ProviderInvalid,
    ),
    "negative length": (OK + b"Content-Length: -2\r\n\r\n{}", ProviderInvalid),
    "500 headers": (OK + b"X: a\r\n" * 500 + b"\r\n", ProviderInvalid),
    "long header": (OK + b"X: " + b"a" * 200_000 + b"\r\n\r\n", ProviderInvalid),
    "NUL in header": (OK + b"X: a\x00b\r\n\r\n", ProviderInvalid),
    "bad chunk": (
        OK + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n",
        ProviderInvalid,
    ),
    "switch of protocol": (
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
        ProviderInvalid,
    ),
    "short body": (OK + b"Content-Length: 99\r\n\r\n{}", ProviderTruncated),
    "short error": (
        b"HTTP/1.1 500 Oh\r\nContent-Length: 99\r\n\r\n{}",
        ProviderTruncated,
    ),
    "half a head": (b"HTTP/1.1 200 OK\r\nCont", ProviderUnreachable),
    "nothing": (b"", ProviderUnreachable),
}


@CALLS
@pytest.mark.parametrize("wire", WIRES)
async def test_what_is_not_http_is_one_of_our_errors(client, call, wire):
    data, error = WIRES[wire]
    async with WireServer(answering(data)) as server:
        with pytest.raises(error):
            await do(call, client, to(server), Deadlines(1, 1, 1))


async def test_interim_answers_are_skipped(client):
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    async with WireServer(answering(interim * 3 + CHAT_ANSWER)) as server:
        assert await do("chat", client, to(server))


@pytest.mark.parametrize("error", [http_exceptions.TransferEncodingError("bad chunk")])
def test_errors_of_the_parser_itself_are_translated(error):
    provider = local("", "", "", {})
    with pytest.raises(ProviderInvalid), translated(provider):
        raise error


async def test_chunks_that_turn_bad_end_with_one_of_our_errors(client):
    """Where the library's parser tells nobody, the deadline ends the wait."""
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    async with WireServer(answering(head, b"2\r\n{}\r\n", b"ZZ\r\n")) as server:
        with pytest.raises(ProviderError):
            await do("chat", client, to(server), Deadlines(0.2, 0.2, 0.2))


async def test_calls_at_once_do_not_mix(client, upstream):
    provider = named("groq", upstream.url, KEY)
    routes = [Route(provider, f"m/{n}") for n in range(20)]
    answers = await asyncio.gather(*(do("chat", client, r) for r in routes))
    assert [a["model"] for a in answers] == [r.model for r in routes]


async def test_two_providers_get_their_own_keys(upstream):
    client = Client()
    for name in ("one", "two"):
        provider: Provider = named(name, upstream.url, f"key-of-{name}")
        await do("chat", client, Route(provider, name))
    await client.close()
    assert [r.key for r in upstream.requests] == ["key-of-one", "key-of-two"]
