"""Every answer says which request it was, and what served it once that is known."""

import re

import pytest

from gateway.tests.conftest import CHAT, PATH

STAMPS = {
    "x-aura-revision": "7",
    "x-aura-preset": "Default",
    "x-aura-layer": "l3",
    "x-aura-model": "deepseek/deepseek-chat",
    "x-aura-provider": "openrouter",
    "x-aura-source": "default",
    "x-aura-fallback": "0",
}
REQUEST_ID = re.compile(r"req_[0-9a-f]{32}")


def stamps(answer):
    return {k: v for k, v in answer.headers.items() if k.startswith("x-aura-")}


@pytest.mark.parametrize("stream", [False, True])
async def test_answer_has_every_stamp(client, stream):
    answer = await client.post(PATH, CHAT | {"stream": stream})
    assert stamps(answer) == STAMPS
    assert REQUEST_ID.fullmatch(answer.headers["x-request-id"])


async def test_embeddings_are_stamped_too(client):
    body = {"model": "embedding", "input": "Hello", "dimensions": 8}
    seen = stamps(await client.post("/v1/embeddings", body))
    assert seen["x-aura-layer"] == "embedding"
    assert seen["x-aura-model"] == "openai/text-embedding-3-small"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "script", [{"status": 500}, {"status": 429}, {"body": b"<html>"}]
)
async def test_error_has_every_stamp_once_the_target_is_known(
    client, upstream, stream, script
):
    upstream.script(**script)
    answer = await client.post(PATH, CHAT | {"stream": stream})
    assert answer.status >= 400
    assert stamps(answer) == STAMPS


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", PATH, b"{bad"),
        ("POST", PATH, b'{"model": "gpt-5", "messages": [{}]}'),
        ("GET", PATH, b""),
        ("GET", "/v1/nothing", b""),
        ("GET", "/v1/models", b""),
        ("GET", "/health", b""),
    ],
)
async def test_any_other_answer_has_its_request_id_alone(client, method, path, body):
    answer = await client.open(method, path, pieces=[body]).answer()
    assert REQUEST_ID.fullmatch(answer.headers["x-request-id"])
    assert stamps(answer) == {}


async def test_each_request_has_an_id_of_its_own(client):
    ids = {(await client.get("/health")).headers["x-request-id"] for _ in range(20)}
    assert len(ids) == 20


async def test_id_that_a_client_sends_is_not_taken_over(client):
    answer = await client.get("/health", {"x-request-id": "theirs"})
    assert answer.headers["x-request-id"] != "theirs"


async def test_preset_is_the_source_of_what_it_chooses(client, serve):
    serve(revision=12, l3="local/phi-3-mini-4k")
    seen = stamps(await client.post(PATH, CHAT))
    assert seen["x-aura-revision"] == "12"
    assert seen["x-aura-preset"] == "Test"
    assert seen["x-aura-source"] == "preset"
    assert seen["x-aura-provider"] == "local"
    assert seen["x-aura-model"] == "local/phi-3-mini-4k"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Größe 🚀", "Gr%C3%B6%C3%9Fe %F0%9F%9A%80"),
        ('50% "off"; a,b', "50%25 %22off%22; a,b"),
        ("a\r\nX-Evil: 1", "a%0D%0AX-Evil: 1"),
    ],
)
async def test_name_of_a_preset_fits_in_a_header(client, serve, name, header):
    serve(name=name, l3="a/one")
    assert stamps(await client.post(PATH, CHAT))["x-aura-preset"] == header


@pytest.mark.usefixtures("no_preset")
async def test_with_no_preset_live_its_stamp_is_blank(client):
    assert stamps(await client.post(PATH, CHAT))["x-aura-preset"] == ""
