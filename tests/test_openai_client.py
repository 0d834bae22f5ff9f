"""OpenAI's own client works against Aura as its users run it, and bad HTTP does not."""

import contextlib
import json
import socket
import threading
import time

import openai
import pytest

from tests.server import AuraServer
from tests.upstream import FakeUpstream, bodies
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

MESSAGES = [{"role": "user", "content": "Hello"}]
BODY = json.dumps({"model": "aura/l3", "messages": MESSAGES}).encode()
L3, EMBEDDING = "deepseek/deepseek-chat", "openai/text-embedding-3-small"
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {}}}
TOOL_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Riga"}'},
}
HOST = b"Host: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def behind():
    """The model server behind Aura."""
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def server(behind):
    environment = {
        "OPENROUTER_BASE_URL": behind.url,
        "OPENROUTER_API_KEY": "sk-provider-canary-0123456789",
        "AURA_EMBEDDING_DIMENSION": "8",
        "LOG_LEVEL": "DEBUG",
    }
    with AuraServer(environment) as server:
        yield server


@pytest.fixture
def upstream(behind):
    behind.reset()
    return behind


@pytest.fixture
def client(server, upstream):
    with openai.OpenAI(
        base_url=f"{server.url}/v1", api_key=server.key, max_retries=0
    ) as client:
        yield client


def calls(upstream):
    """Return the calls to models; Aura also looks now and then whether it is there."""
    return [request for request in upstream.requests if request.body]


def ask(client, **rest):
    return client.chat.completions.create(
        **{"model": "aura/l3", "messages": MESSAGES} | rest
    )


def test_plain_answer(client):
    answer = ask(client)
    assert answer.choices[0].message.content == f"{L3} says hello"
    assert answer.model == "aura/l3"
    assert answer.usage.total_tokens == 10


def test_stream_with_and_without_usage(client):
    chunks = list(ask(client, stream=True))
    texts = [c.choices[0].delta.content or "" for c in chunks]
    assert "".join(texts) == "".join(bodies.chunk_texts(L3, 3))
    assert len({c.id for c in chunks}) == 1
    options = {"include_usage": True}
    *chunks, last = ask(client, stream=True, stream_options=options)
    assert last.choices == [] and last.usage.completion_tokens == 3
    assert not any(c.usage for c in chunks)


def test_first_chunk_comes_before_the_stream_is_over(client, upstream):
    upstream.script(L3, hold_after=1)
    stream = iter(ask(client, stream=True))
    next(stream)
    assert L3 in next(stream).choices[0].delta.content
    upstream.release()
    assert [c.choices[0].finish_reason for c in stream][-1] == "stop"


@pytest.mark.parametrize("stream", [False, True])
def test_tools_are_passed_through(client, upstream, stream):
    upstream.script(L3, tool_calls=[TOOL_CALL])
    answer = ask(client, tools=[TOOL], stream=stream, extra_body={"new_field": [1]})
    seen = calls(upstream)[0].body
    assert seen["tools"] == [TOOL] and seen["new_field"] == [1]
    if not stream:
        [call] = answer.choices[0].message.tool_calls
        assert call.function.arguments == '{"city": "Riga"}'
        return
    deltas = [c.choices[0].delta.tool_calls for c in answer]
    pieces = [delta[0].function.arguments for delta in deltas if delta]
    assert "".join(pieces) == '{"city": "Riga"}'


@pytest.mark.parametrize("given", ["one", ["one", "two"], [1, 2, 3], [[1], [2, 3]]])
def test_embeddings_are_the_same_in_both_encodings(client, upstream, given):
    upstream.script(EMBEDDING, dimension=8)
    default = client.embeddings.create(model="aura/embedding", input=given)
    assert calls(upstream)[0].body["encoding_format"] == "base64"
    floats = client.embeddings.create(
        model="aura/embedding", input=given, encoding_format="float"
    )
    vectors = [row.embedding for row in floats.data]
    assert [row.embedding for row in default.data] == vectors
    assert [len(v) for v in vectors] == [8] * len(vectors)
    if isinstance(given[0], str) and len(given) == 2:
        assert vectors == [bodies.vector(EMBEDDING, text, 8) for text in given]


def test_models_are_listed_and_shown(client):
    listed = [model.id for model in client.models.list()]
    assert listed[:2] == ["aura/l1", "aura-l1"]
    assert client.models.retrieve("aura/l3").id == "aura/l3"
    assert client.models.retrieve("aura/l3@budget").id == "aura/l3@budget"


def test_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as caught:
        ask(client, model="gpt-5")
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("aura/l9")
    assert caught.value.code == "model_not_found"


def test_wrong_key_is_an_authentication_error(client):
    with pytest.raises(openai.AuthenticationError) as caught:
        ask(client.with_options(api_key="wrong"))
    assert caught.value.code == "invalid_api_key"


def test_busy_provider_is_a_rate_limit_error(client, upstream):
    upstream.script(L3, status=429, headers={"Retry-After": "2"})
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client)
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.response.headers["retry-after"] == "2"


def test_client_that_tries_again_gets_its_answer(client, upstream):
    upstream.script(L3, status=503, times=1)
    assert ask(client.with_options(max_retries=1)).choices
    assert len(calls(upstream)) == 2


def test_bad_request_says_which_field(client):
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, extra_body={"api_base": "http://127.0.0.1:9"})
    assert caught.value.param == "api_base"


def test_stream_that_breaks_off_raises(client, upstream):
    upstream.script(L3, end_without_done=True)
    with pytest.raises(openai.APIError, match="complete"):
        list(ask(client, stream=True))


def test_raw_answer_has_the_stamps(client):
    raw = client.chat.completions.with_raw_response.create(
        model="aura/l3", messages=MESSAGES
    )
    assert raw.headers["x-aura-model"] == L3
    assert raw.headers["x-aura-layer"] == "l3"
    assert raw.headers["x-aura-provider"] == "openrouter"
    assert raw.parse()._request_id == raw.headers["x-request-id"]


def test_client_that_closes_its_stream_ends_the_upstream_request(client, upstream):
    upstream.script(L3, hold_after=1)
    stream = ask(client, stream=True)
    next(iter(stream))
    stream.close()
    wait_until(lambda: upstream.aborted == 1, "the abort", timeout_s=1)


def test_client_that_does_not_wait_ends_the_upstream_request(client, upstream):
    upstream.script(L3, stall=True)
    with pytest.raises(openai.APITimeoutError):
        ask(client.with_options(timeout=0.2))
    wait_until(lambda: upstream.aborted == 1, "the abort", timeout_s=1)


def test_log_has_its_lines_and_no_key(client, server):
    ask(client)
    assert f"Using model: {L3} layer=l3" in server.log()
    assert server.key not in server.log()
    assert "sk-provider-canary" not in server.log()


# Requests that no HTTP library would send


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=5)


def head(server, *lines, path=b"/v1/chat/completions", method=b"POST"):
    """Return a request's head with a valid key."""
    key = b"Authorization: Bearer " + server.key.encode()
    start = method + b" " + path + b" HTTP/1.1\r\n" + HOST
    return start + b"\r\n".join([key, *lines]) + b"\r\n\r\n"


def spoken(server, data):
    """Return all that the server says to `data` until it closes, and its status."""
    with connect(server) as sock:
        sock.sendall(data)
        said = b""
        # A server that closes with something unread resets the connection.
        with contextlib.suppress(ConnectionResetError):
            while piece := sock.recv(65536):
                said += piece
    return said, int(said.split(b" ", 2)[1])


LENGTH = b"Content-Length: %d" % len(BODY)
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
SMUGGLED = b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
SMUGGLING = {
    "length and chunks": ([LENGTH, b"Transfer-Encoding: chunked"], CHUNKS),
    "chunks and length": ([b"Transfer-Encoding: chunked", LENGTH], CHUNKS),
    "two lengths": ([LENGTH, b"Content-Length: 0"], BODY),
    "length as a list": ([LENGTH + b", 0"], BODY),
    "negative length": ([b"Content-Length: -1"], BODY),
    "length with a sign": ([b"Content-Length: +%d" % len(BODY)], BODY),
    "length in hex": ([b"Content-Length: 0x10"], BODY),
    "folded header": ([b"X-A: a", b" b", LENGTH], BODY),
    "folded length": ([b"Content-Length:", b" %d" % len(BODY)], BODY),
    "space before the colon": ([b"Content-Length : %d" % len(BODY)], BODY),
    "chunked twice": ([b"Transfer-Encoding: chunked, chunked"], CHUNKS),
    "chunked not last": ([b"Transfer-Encoding: chunked, identity"], CHUNKS),
    "chunked misspelt": ([b"Transfer-Encoding: xchunked"], CHUNKS),
    "bad chunk size": ([b"Transfer-Encoding: chunked"], b"ZZ\r\n{}\r\n0\r\n\r\n"),
    "NUL in a header": ([b"X-A: a\x00b", LENGTH], BODY),
    "bare CR in a header": ([b"X-A: a\rX-B: b", LENGTH], BODY),
}


@pytest.mark.parametrize("case", SMUGGLING)
def test_request_of_two_meanings_is_refused(server, upstream, case):
    lines, body = SMUGGLING[case]
    lines = [*lines, b"Content-Type: application/json"]
    said, status = spoken(server, head(server, *lines) + body + SMUGGLED)
    assert status in (400, 501), said
    assert said.count(b"HTTP/1.1 ") == 1, "what was smuggled was answered too"
    assert calls(upstream) == []


@pytest.mark.parametrize("lines", [[LENGTH, b"Content_Length: 0"]])
def test_underscored_length_is_not_heard(server, upstream, lines):
    said, status = spoken(server, head(server, *lines, b"Connection: close") + BODY)
    assert status in (200, 400)
    assert said.count(b"HTTP/1.1 ") == 1


def test_bare_lf_ends_no_line(server, upstream):
    data = head(server, LENGTH).replace(b"\r\n", b"\n") + BODY
    _, status = spoken(server, data)
    assert status == 400
    assert calls(upstream) == []


def test_head_has_no_body_and_leaves_the_connection_whole(server):
    get = head(server, b"Connection: close", path=b"/health/live", method=b"GET")
    for path in (b"/health", b"/v1/models", b"/health/live"):
        said, status = spoken(server, head(server, path=path, method=b"HEAD") + get)
        assert status == 200
        first, _, rest = said.partition(b"\r\n\r\n")
        assert b"ontent-" in first and rest.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "line", [b"Content-Length: 100000000", b"Transfer-Encoding: chunked"]
)
def test_body_without_end_is_413_at_once(server, line):
    with connect(server) as sock:
        sock.sendall(head(server, line))
        pouring = threading.Thread(target=pour, args=(sock,))
        pouring.start()
        began = time.monotonic()
        said = sock.recv(65536)
        assert time.monotonic() - began < 1
    pouring.join(5)
    assert said.startswith(b"HTTP/1.1 413 "), said
    assert not pouring.is_alive()


def pour(sock):
    """Send chunks until the server has had enough."""
    with contextlib.suppress(OSError):
        while True:
            sock.sendall(b"10000\r\n" + b" " * 2**16 + b"\r\n")


def test_large_header_is_refused(server):
    _, status = spoken(server, head(server, b"X-A: " + b"a" * 1_000_000))
    assert status in (400, 431)
