"""The model server for tests keeps what it promises, seen through ordinary clients."""

import base64
import json
import socket
import struct
import time
from urllib.parse import urlsplit

import openai
import pytest
import requests

from tests.upstream import bodies
from tests.waiting import wait_until

MESSAGES = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def client(upstream):
    with openai.OpenAI(
        base_url=upstream.url, api_key="sk-one", max_retries=0
    ) as client:
        yield client


def post(upstream, **body):
    return requests.post(
        f"{upstream.url}/chat/completions",
        json={"messages": MESSAGES} | body,
        headers={"Authorization": "Bearer sk-one"},
        stream=True,
        timeout=5,
    )


def lines(response):
    with response:
        return [line for line in response.iter_lines() if line]


def hang_up(upstream, **body):
    """Send a chat request on a bare socket; the caller closes it."""
    address = urlsplit(upstream.url)
    content = json.dumps({"messages": MESSAGES} | body).encode()
    sock = socket.create_connection((address.hostname, address.port), timeout=5)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n"
    sock.sendall(head.encode() + content)
    return sock


def test_chat_says_hello_in_the_name_of_the_model(upstream, client):
    answer = client.chat.completions.create(model="a/one", messages=MESSAGES)
    assert answer.choices[0].message.content == "a/one says hello"
    assert answer.model == "a/one"
    assert answer.usage.total_tokens == 10
    [request] = upstream.requests
    assert (request.path, request.model, request.key) == (
        "/v1/chat/completions",
        "a/one",
        "sk-one",
    )
    assert request.body["messages"] == MESSAGES
    assert time.monotonic() - request.at < 5


def test_each_chunk_of_a_stream_names_the_model(client):
    stream = client.chat.completions.create(
        model="a/one",
        messages=MESSAGES,
        stream=True,
        stream_options={"include_usage": True},
    )
    *chunks, last = stream
    texts = [chunk.choices[0].delta.content for chunk in chunks]
    assert texts == ["", *bodies.chunk_texts("a/one", 3), None]
    assert all("a/one" in text for text in texts[1:-1])
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert last.choices == [] and last.usage.completion_tokens == 3


def test_stream_ends_with_done_and_has_usage_only_when_asked(upstream):
    response = post(upstream, model="a/one", stream=True)
    assert response.headers["Content-Type"] == "text/event-stream"
    events = lines(response)
    assert events[-1] == b"data: [DONE]"
    assert not any(b"usage" in event for event in events)


@pytest.mark.parametrize("stream", [False, True])
def test_tool_calls_come_whole_and_in_pieces(upstream, client, stream):
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city": "Riga"}'},
    }
    upstream.script("a/one", tool_calls=[call])
    answer = client.chat.completions.create(
        model="a/one", messages=MESSAGES, stream=stream
    )
    if not stream:
        [seen] = answer.choices[0].message.tool_calls
        assert seen.function.arguments == '{"city": "Riga"}'
        assert answer.choices[0].finish_reason == "tool_calls"
        return
    pieces = [
        tool_call.function.arguments
        for chunk in answer
        for tool_call in chunk.choices[0].delta.tool_calls or []
    ]
    assert len(pieces) == 2 and "".join(pieces) == '{"city": "Riga"}'


@pytest.mark.parametrize(
    ("value", "count"),
    [("text", 1), (["one", "two"], 2), ([1, 2, 3], 1), ([[1, 2], [3], [4]], 3)],
)
def test_embeddings_give_a_vector_for_each_input(upstream, client, value, count):
    floats = client.embeddings.create(
        model="a/e", input=value, encoding_format="float", dimensions=8
    )
    assert [len(item.embedding) for item in floats.data] == [8] * count
    assert [item.index for item in floats.data] == list(range(count))
    packed = client.embeddings.create(model="a/e", input=value, dimensions=8)
    assert upstream.requests[-1].body["encoding_format"] == "base64"
    assert [i.embedding for i in packed.data] == [i.embedding for i in floats.data]


def test_base64_vectors_are_little_endian_float32(upstream):
    body = {"model": "a/e", "input": "x", "encoding_format": "base64", "dimensions": 4}
    answer = requests.post(f"{upstream.url}/embeddings", json=body, timeout=5).json()
    packed = base64.b64decode(answer["data"][0]["embedding"])
    assert list(struct.unpack("<4f", packed)) == bodies.vector("a/e", "x", 4)


def test_scripted_dimension_wins_over_the_one_asked_for(upstream, client):
    upstream.script("a/e", dimension=768)
    answer = client.embeddings.create(model="a/e", input="x", dimensions=1536)
    assert len(answer.data[0].embedding) == 768


def test_models_are_listed(upstream, client):
    upstream.models = ["a/one", "a/two"]
    assert [model.id for model in client.models.list()] == ["a/one", "a/two"]


def test_unknown_path_is_404_in_openai_shape(upstream):
    answer = requests.get(f"{upstream.url}/nothing", timeout=5)
    assert answer.status_code == 404
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_script_of_one_model_leaves_the_others_alone(upstream, client):
    upstream.script("a/bad", status=503)
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="a/bad", messages=MESSAGES)
    client.chat.completions.create(model="a/good", messages=MESSAGES)
    upstream.script(status=402)
    assert post(upstream, model="a/good").status_code == 402
    assert post(upstream, model="a/bad").status_code == 503


def test_error_has_the_status_body_and_headers_of_the_script(upstream):
    body = {"error": {"code": 429, "message": "slow down"}}
    upstream.script(status=429, body=body, headers={"Retry-After": "2"})
    response = post(upstream, model="a/one", stream=True)
    assert (response.status_code, response.json()) == (429, body)
    assert response.headers["Retry-After"] == "2"


def test_body_of_bytes_goes_out_as_it_is(upstream):
    upstream.script(body=b"<h1>hello", headers={"Content-Type": "text/html"})
    response = post(upstream, model="a/one")
    assert (response.status_code, response.content) == (200, b"<h1>hello")
    assert response.headers["Content-Type"] == "text/html"


def test_raw_pieces_stand_in_place_of_the_events(upstream):
    upstream.script(raw=[b": hello\r\n\r\n", b"data: \xc3", b"\xa9\n\n"])
    response = post(upstream, model="a/one", stream=True)
    assert response.content == b": hello\r\n\r\ndata: \xc3\xa9\n\n"
    upstream.script(raw=b"data: no\n\n")
    assert post(upstream, model="a/one").content == b"data: no\n\n"


def test_behaviour_lasts_for_as_many_requests_as_asked(upstream):
    upstream.script(status=500, times=2)
    statuses = [post(upstream, model="a/one").status_code for _ in range(3)]
    assert statuses == [500, 500, 200]


def test_latency_and_interval_are_kept(upstream):
    upstream.script(latency_s=0.05, chunk_count=3, chunk_interval_s=0.02)
    began = time.monotonic()
    lines(post(upstream, model="a/one", stream=True))
    assert 0.09 <= time.monotonic() - began < 2


def test_dropped_stream_gives_its_chunks_and_then_a_reset(upstream):
    upstream.script(drop_after=2)
    response = post(upstream, model="a/one", stream=True)
    seen = []
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="reset"):
        seen.extend(response.iter_content(None))
    upstream.reset()
    upstream.script(drop_after=0)
    with pytest.raises(requests.exceptions.ConnectionError):
        post(upstream, model="a/one")
    assert upstream.aborted == 0


def test_chunks_before_the_drop_arrive(upstream):
    upstream.script(drop_after=2)
    seen = b""
    sock = hang_up(upstream, model="a/one", stream=True)
    with sock, pytest.raises(ConnectionResetError):
        while piece := sock.recv(65536):
            seen += piece
    assert seen.count(b"a/one says hello") == 1
    assert seen.count(b"a/one goes on") == 1


def test_stream_without_done_ends_cleanly(upstream):
    upstream.script(end_without_done=True)
    events = lines(post(upstream, model="a/one", stream=True))
    assert len(events) == 4
    assert b"[DONE]" not in events[-1] and b'"finish_reason": null' in events[-1]


def test_held_stream_goes_on_when_released(upstream):
    upstream.script("a/one", hold_after=1)
    response = post(upstream, model="a/one", stream=True)
    assert upstream.open_streams == 1
    upstream.release()
    assert lines(response)[-1] == b"data: [DONE]"
    wait_until(lambda: upstream.open_streams == 0, "the stream to end")
    assert upstream.aborted == 0


def test_client_that_hangs_up_is_noticed_between_chunks(upstream):
    upstream.script(hold_after=1)
    with hang_up(upstream, model="a/one", stream=True):
        wait_until(lambda: upstream.open_streams == 1, "the stream to begin")
    took_s = wait_until(lambda: upstream.aborted == 1, "the abort", timeout_s=1)
    assert upstream.open_streams == 0
    assert took_s < 0.2


def test_stalled_request_gets_no_answer_and_ends_with_its_client(upstream):
    upstream.script(stall=True)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(f"{upstream.url}/models", timeout=0.1)
    wait_until(lambda: upstream.aborted == 1, "the abort")


def test_request_from_before_a_reset_writes_nothing_after_it(upstream):
    upstream.script(stall=True)
    with hang_up(upstream, model="a/one"):
        upstream.wait_for(1)
        upstream.reset()
    post(upstream, model="a/two")
    assert [request.model for request in upstream.requests] == ["a/two"]
    assert upstream.aborted == 0


def test_stopped_server_refuses_and_comes_back_on_its_address(upstream):
    url = upstream.url
    upstream.script(stall=True)
    with hang_up(upstream, model="a/one") as sock:
        upstream.wait_for(1)
        upstream.stop()
        assert sock.recv(1) == b""
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"{url}/models", timeout=1)
    upstream.reset()
    upstream.start()
    assert upstream.url == url
    assert requests.get(f"{url}/models", timeout=5).status_code == 200
