"""The client sends what it should and nothing else, and gives what came back."""

import asyncio
import dataclasses

import pytest

from providers.client import Client
from providers.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderNotReady,
    ProviderRejected,
    ProviderTruncated,
    ProviderUnreachable,
)
from providers.http_answer import ERROR_MAX
from providers.reading import ANSWER_MAX
from providers.registry import Provider, Route
from providers.shipped import local, named, offline, openrouter
from providers.tests.calling import (
    BODY,
    CALLS,
    CHAT,
    CHUNK,
    FINISH,
    KEY,
    LONG,
    do,
    eventually,
    texts,
    to,
)
from tests.upstream.hostile import HostileServer, answers


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
    assert headers.pop("Host") == upstream.url.split("/")[2]
    assert set(headers) == {"Accept", "Content-Length"}


async def test_provider_without_a_key_gets_none(client, upstream):
    await do("chat", client, Route(local(upstream.url, "", "", {}), "a/one"))
    assert "Authorization" not in upstream.requests[0].headers


@CALLS
async def test_provider_that_is_not_set_up_is_not_called(client, upstream, call):
    route = Route(named("groq", upstream.url, ""), "a/one")
    with pytest.raises(ProviderNotReady, match="AURA_GROQ_API_KEY"):
        await do(call, client, route)
    assert upstream.requests == []


async def test_large_request_arrives_whole(client, route, upstream):
    text = "0123456789abcdef" * (4 * 1024 * 1024 // 16)
    body = {"messages": [{"role": "user", "content": text}]}
    await do("chat", client, route, body=body)
    assert upstream.requests[0].body["messages"] == body["messages"]


async def test_cookies_of_a_provider_are_not_kept(client, route, upstream):
    upstream.script(headers={"Set-Cookie": "a=b; Path=/"})
    await do("chat", client, route)
    await do("chat", client, route)
    assert "Cookie" not in upstream.requests[1].headers


@pytest.mark.fault("U21")
@CALLS
async def test_proxy_netrc_and_certificates_of_the_environment_are_ignored(
    client, route, upstream, tmp_path, monkeypatch, call
):
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login someone password secret\n")
    netrc.chmod(0o600)
    with HostileServer(answers(CHAT)) as proxy:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(netrc))
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, str(netrc))
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        await do(call, client, route)
    assert proxy.connections == 0
    assert upstream.requests[0].key == KEY


REDIRECTS = {
    301: "http://169.254.169.254/latest/meta-data",
    302: "file:///etc/passwd",
    303: "{target}",
    307: "{target}",
    308: "//127.0.0.1:{port}/v1",
}


@pytest.mark.fault("U18")
@CALLS
@pytest.mark.parametrize("status", REDIRECTS)
async def test_redirect_is_refused_and_its_target_hears_nothing(
    client, route, upstream, call, status
):
    with HostileServer(answers(CHAT)) as target:
        location = REDIRECTS[status].format(target=target.url, port=target.port)
        upstream.script(status=status, headers={"Location": location}, body=b"")
        with pytest.raises(ProviderInvalid, match=str(status)):
            await do(call, client, route)
    assert target.connections == 0
    assert len(upstream.requests) == 1


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


@CALLS
async def test_call_after_an_error_goes_over_the_same_connection(
    client, route, upstream, call
):
    upstream.script(status=500, times=1)
    with pytest.raises(ProviderRejected):
        await do(call, client, route)
    await do(call, client, route)
    assert client.open_connections == 1


@CALLS
async def test_error_with_a_body_without_end_is_cut(client, route, upstream, call):
    upstream.script(status=500, body=b"a" * (ERROR_MAX + 1))
    with pytest.raises(ProviderInvalid):
        await do(call, client, route)


@CALLS
async def test_answer_that_is_too_large_is_refused(client, route, upstream, call):
    upstream.script(body=b"data: a\n\n" * (ANSWER_MAX // 9 + 1))
    with pytest.raises(ProviderInvalid):
        await do(call, client, route)


async def test_stream_that_is_too_large_is_refused(
    client, route, upstream, monkeypatch
):
    monkeypatch.setattr("providers.client.STREAM_MAX", 500)
    upstream.script(chunk_count=1000)
    with pytest.raises(ProviderInvalid, match="more than Aura takes"):
        await do("stream", client, route)


@CALLS
@pytest.mark.parametrize(
    "body", [b"", b"<h1>hello", b"{", b"[]", b"null", b"\xff\xfe{}", b'{"choices":{}}']
)
@pytest.mark.fault("U10")
@pytest.mark.fault("U13")
async def test_body_of_the_wrong_shape_is_refused(client, route, upstream, call, body):
    upstream.script(body=body, headers={"Content-Type": "text/html"})
    with pytest.raises((ProviderInvalid, ProviderTruncated)) as caught:
        await do(call, client, route)
    assert "hello" not in str(caught.value)


@pytest.mark.fault("U11")
async def test_first_event_that_is_an_error_is_that_error(client, route, upstream):
    upstream.script(raw=b'data: {"error": {"code": 402, "message": "no credit"}}\n\n')
    with pytest.raises(ProviderRejected, match="no credit") as caught:
        await do("stream", client, route)
    assert caught.value.status == 402


@pytest.mark.fault("U11")
@CALLS
@pytest.mark.parametrize("error", [{"code": 402, "message": "no credit"}, "no credit"])
async def test_error_in_place_of_an_answer_is_that_error(
    client, route, upstream, call, error
):
    upstream.script(body={"error": error})
    with pytest.raises(ProviderRejected, match="no credit") as caught:
        await do(call, client, route)
    assert caught.value.status == (402 if "code" in error else 502)


@pytest.mark.parametrize("raw", [b"data: [DONE]\n\n", b": HI\n\n", b"data:\n\n"])
async def test_stream_without_a_chunk_is_truncated(client, route, upstream, raw):
    upstream.script(raw=raw)
    with pytest.raises(ProviderTruncated):
        await do("stream", client, route)


@pytest.mark.parametrize("body", [b"", b"<h1>hello", b"[]", b"database: down"])
async def test_what_is_no_stream_is_refused_as_that(client, route, upstream, body):
    upstream.script(body=body)
    with pytest.raises(ProviderInvalid, match="no stream"):
        await do("stream", client, route)


@pytest.mark.parametrize("end", [b"", b"data: [DONE]\n\n", b"data:[DONE]", b": bye\n"])
async def test_stream_without_a_finish_is_truncated(client, route, upstream, end):
    upstream.script(raw=CHUNK + end)
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


async def test_chunks_of_one_read_come_without_a_turn_of_the_loop(
    client, route, upstream
):
    upstream.script(raw=CHUNK * 100 + FINISH)
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1
        asyncio.get_running_loop().call_soon(turn)

    chunks = client.stream_chat(route, BODY, LONG)
    await anext(chunks)
    asyncio.get_running_loop().call_soon(turn)
    for _ in range(99):
        await anext(chunks)
    assert turns == 0
    await chunks.aclose()


async def test_calls_at_once_do_not_mix(client, upstream):
    provider = named("groq", upstream.url, KEY)
    routes = [Route(provider, f"m/{n}") for n in range(20)]
    answers = await asyncio.gather(*(do("chat", client, r) for r in routes))
    assert [a["model"] for a in answers] == [r.model for r in routes]


async def test_two_providers_at_one_address_get_their_own_keys(upstream):
    client = Client()
    for name in ("one", "two", "one"):
        provider: Provider = named(name, upstream.url, f"key-of-{name}")
        await do("chat", client, Route(provider, name))
    assert client.open_connections == 1
    await client.close()
    assert [r.key for r in upstream.requests] == [
        f"key-of-{n}" for n in ("one", "two", "one")
    ]


async def test_many_providers_are_not_all_remembered(client, monkeypatch):
    monkeypatch.setattr("providers.client.PREPARED_MAX", 2)
    with HostileServer(answers(CHAT)) as server:
        for _ in range(5):
            await do("chat", client, to(server))
    assert len(client._chat) <= 2


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Title": "a\r\nX-Evil: b"},
        {"X-Title": "a\x00"},
        {"X-Title": "ü"},
        {"X Title": "a"},
        {"": "a"},
        {"X:": "a"},
    ],
)
async def test_header_that_could_be_read_otherwise_is_never_sent(
    client, upstream, headers
):
    provider = dataclasses.replace(named("x", upstream.url, KEY), headers=headers)
    with pytest.raises(ProviderNotReady, match="header"):
        await do("chat", client, Route(provider, "a"))
    assert upstream.requests == []


async def test_path_is_sent_as_an_address_has_it(client, upstream):
    url = f"{upstream.url.removesuffix('/v1')}/ä b%20c".replace(" ", "+")
    with pytest.raises(ProviderRejected):
        await do("chat", client, Route(named("groq", url, KEY), "a"))
    assert upstream.requests[0].path == "/ä+b c/chat/completions"


@CALLS
async def test_host_that_no_name_can_be_is_unreachable(client, call):
    route = Route(named("groq", "http://a..b/v1", KEY), "a/one")
    with pytest.raises(ProviderUnreachable):
        await do(call, client, route)


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


async def test_stream_that_is_reset_gives_what_came_before(client, route, upstream):
    upstream.script(drop_after=2)
    seen = []
    with pytest.raises(ProviderError):
        async for chunk in client.stream_chat(route, BODY, LONG):
            seen.append(chunk)
    assert len(seen) == 3
    assert len(upstream.requests) == 1
