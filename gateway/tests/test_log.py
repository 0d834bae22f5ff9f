"""The log has one line for each call, and neither what was said nor a key."""

import logging
import re

import pytest

from gateway.tests.conftest import CHAT, KEY, PATH, PROVIDER_KEY

LINE = re.compile(
    r"Using model: (?P<model>\S+) layer=(?P<layer>\S+) source=(?P<source>.+) "
    r"provider=(?P<provider>\S+) revision=(?P<revision>\d+) call=(?P<call>req_\w{32})"
)


@pytest.fixture
def lines(caplog):
    """Return a function that gives the lines of calls so far."""

    def lines():
        texts = [r.getMessage() for r in caplog.records if r.name.startswith("gateway")]
        return [text for text in texts if text.startswith("Using model: ")]

    return lines


@pytest.mark.parametrize("stream", [False, True])
async def test_call_has_one_line(client, lines, stream):
    answer = await client.post(PATH, CHAT | {"stream": stream})
    [line] = lines()
    seen = LINE.fullmatch(line)
    assert seen
    assert seen["model"] == "deepseek/deepseek-chat"
    assert (seen["layer"], seen["source"]) == ("l3", "default")
    assert (seen["provider"], seen["revision"]) == ("openrouter", "7")
    assert seen["call"] == answer.headers["x-request-id"]


async def test_source_names_the_preset(client, lines, serve):
    serve(name="My preset", l3="a/one")
    await client.post(PATH, CHAT)
    assert "source=preset:My preset provider=" in lines()[0]


async def test_embeddings_have_one_line(client, lines):
    body = {"model": "embedding", "input": "Hello", "dimensions": 8}
    await client.post("/v1/embeddings", body)
    assert len(lines()) == 1 and "layer=embedding" in lines()[0]


async def test_failed_call_has_its_line_and_an_error(client, upstream, lines, caplog):
    upstream.script(status=500)
    answer = await client.post(PATH, CHAT)
    assert len(lines()) == 1
    [error] = [r for r in caplog.records if r.levelname == "ERROR"]
    assert answer.headers["x-request-id"] in error.getMessage()
    assert "ProviderRejected" in error.getMessage()


async def test_vectors_of_the_wrong_length_are_an_error(client, caplog):
    answer = await client.post("/v1/embeddings", {"model": "embedding", "input": "a"})
    [error] = [r for r in caplog.records if r.levelname == "ERROR"]
    assert answer.headers["x-request-id"] in error.getMessage()
    assert "code=embedding_dimension_mismatch" in error.getMessage()


async def test_mistake_of_a_client_is_no_error(client, caplog):
    await client.post(PATH, CHAT | {"model": "gpt-5"})
    await client.post(PATH, b"{bad")
    await client.get("/v1/models", {"authorization": None})
    assert caplog.records == []


async def test_broken_stream_has_an_error(client, upstream, caplog):
    upstream.script(end_without_done=True)
    answer = await client.post(PATH, CHAT | {"stream": True})
    [error] = [r for r in caplog.records if r.levelname == "ERROR"]
    assert answer.headers["x-request-id"] in error.getMessage()


async def test_request_that_calls_no_model_has_no_line(client, lines):
    await client.get("/v1/models")
    await client.get("/health")
    await client.post(PATH, CHAT | {"model": "gpt-5"})
    await client.post(PATH, b"{bad")
    assert lines() == []


SCRIPTS = [
    {},
    {"status": 401},
    {"status": 500, "body": b"answer-canary"},
    {"body": b'{"choices": "answer-canary"}'},
    {"raw": b"data: answer-canary\n\n"},
    {"end_without_done": True},
]


@pytest.mark.fault("W13")
@pytest.mark.parametrize("script", SCRIPTS)
async def test_neither_prompt_nor_answer_nor_key_is_logged(
    client, upstream, caplog, script
):
    caplog.set_level(logging.DEBUG)
    upstream.script(**script)
    for stream in (False, True):
        body = CHAT | {"stream": stream, "user": "user-canary"}
        await client.post(PATH, body)
        await client.post(PATH, body | {"api_key": "field-canary"})
        await client.post(PATH, str(body).encode())
        await client.post(PATH, body, {"authorization": "Bearer wrong-canary"})
    assert "Using model: " in caplog.text
    for secret in ("canary", "says hello", KEY, PROVIDER_KEY):
        assert secret not in caplog.text


@pytest.mark.fault("W13")
async def test_failure_of_our_own_logs_no_prompt(client, caplog, monkeypatch):
    def broken(*_, **__):
        raise KeyError("usage")

    monkeypatch.setattr("gateway.calls._completed", broken)
    caplog.set_level(logging.DEBUG)
    assert (await client.post(PATH, CHAT)).status == 500
    assert "Traceback" in caplog.text and "prompt-canary" not in caplog.text


async def test_name_from_a_client_cannot_write_a_line(client, caplog):
    name = "l3\nUsing model: evil"
    await client.post(PATH, CHAT | {"model": name})
    await client.get("/v1/models/l3%0AUsing%20model:%20evil")
    assert "evil" not in caplog.text
