"""When a layer's model fails before its first chunk the layer's fallbacks are tried in
their order, and the answer says which one served and why."""

import pytest

from gateway.tests.conftest import CHAT, PATH

STREAM = CHAT | {"stream": True}
BOTH = pytest.mark.parametrize("body", [CHAT, STREAM], ids=["plain", "stream"])


@pytest.fixture
def three(serve):
    """L3 is a/one, and then a/two, b/three."""
    serve(l3="a/one", l3_fallback="a/two,b/three")


def models(upstream):
    return [request.body["model"] for request in upstream.requests]


@BOTH
async def test_without_a_failure_no_fallback_is_asked(client, upstream, three, body):
    answer = await client.post(PATH, body)
    assert models(upstream) == ["a/one"]
    assert answer.headers["x-aura-model"] == "a/one"
    assert answer.headers["x-aura-fallback"] == "0"
    assert "x-aura-fallback-reason" not in answer.headers


@BOTH
@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ({"status": 500}, "upstream_error"),
        ({"status": 429}, "rate_limit_exceeded"),
        ({"status": 401}, "upstream_auth"),
        ({"status": 404}, "upstream_error"),
        ({"body": b"<html>"}, "upstream_invalid"),
        ({"body": {"error": {"message": "no", "code": 502}}}, "upstream_error"),
    ],
)
async def test_the_next_model_serves_and_says_why(
    client, upstream, three, records, body, failure, reason
):
    upstream.script("a/one", **failure)
    answer = await client.post(PATH, body)
    assert answer.status == 200
    assert models(upstream) == ["a/one", "a/two"]
    assert answer.headers["x-aura-model"] == "a/two"
    assert answer.headers["x-aura-fallback"] == "1"
    assert answer.headers["x-aura-fallback-reason"] == reason
    [record] = records
    assert (record.model, record.fallback, record.attempts) == ("a/two", reason, 2)
    assert (record.status, record.error) == (200, "")


@pytest.mark.usefixtures("quick")
async def test_a_silent_model_gives_way_at_its_first_chunk_deadline(
    client, upstream, three
):
    upstream.script("a/one", stall=True)
    answer = await client.post(PATH, STREAM)
    assert answer.headers["x-aura-fallback-reason"] == "upstream_timeout"
    assert answer.events[-1] == "[DONE]"


@BOTH
async def test_each_is_tried_once_and_the_first_one_s_error_is_told(
    client, upstream, three, records, body
):
    upstream.script("a/one", status=429)
    upstream.script("a/two", status=500)
    upstream.script("b/three", status=500)
    answer = await client.post(PATH, body)
    assert (answer.status, answer.error["code"]) == (429, "rate_limit_exceeded")
    assert models(upstream) == ["a/one", "a/two", "b/three"]
    assert answer.headers["x-aura-model"] == "a/one"
    assert answer.headers["x-aura-fallback"] == "0"
    [record] = records
    assert (record.model, record.status, record.attempts) == ("a/one", 429, 3)


@BOTH
@pytest.mark.parametrize("status", [400, 413, 422])
async def test_what_is_the_client_s_own_is_told_at_once(
    client, upstream, three, body, status
):
    upstream.script("a/one", status=status)
    assert (await client.post(PATH, body)).status == status
    assert models(upstream) == ["a/one"]


async def test_a_model_that_is_left_alone_costs_no_request(client, upstream, three):
    upstream.script("a/one", status=500)
    for _ in range(5):
        await client.post(PATH, CHAT)
    upstream.reset()
    answer = await client.post(PATH, CHAT)
    assert models(upstream) == ["a/two"]
    assert answer.headers["x-aura-fallback-reason"] == "provider_paused"


async def test_a_provider_without_its_key_gives_way(client, upstream, serve):
    serve(l3="unset/one", l3_fallback="a/two")
    answer = await client.post(PATH, CHAT)
    assert answer.headers["x-aura-fallback-reason"] == "provider_not_ready"
    assert models(upstream) == ["a/two"]


async def test_after_the_first_chunk_there_is_no_way_back(client, upstream, three):
    upstream.script("a/one", drop_after=1)
    answer = await client.post(PATH, STREAM)
    assert answer.chunks[-1]["choices"][0]["finish_reason"] == "error"
    assert models(upstream) == ["a/one"]


async def test_the_layer_s_own_model_among_its_fallbacks_is_not_asked_twice(
    client, upstream, serve
):
    serve(l3="a/one", l3_fallback="a/one,a/two")
    upstream.script(status=500)
    await client.post(PATH, CHAT)
    assert models(upstream) == ["a/one", "a/two"]


async def test_source_is_that_of_the_fallback(client, upstream, serve, settings):
    settings.AURA_ENV_RUNG = {"AURA_L3_FALLBACK": "a/two"}
    serve(l3="a/one")
    upstream.script("a/one", status=500)
    answer = await client.post(PATH, CHAT)
    assert answer.headers["x-aura-source"] == "env"
