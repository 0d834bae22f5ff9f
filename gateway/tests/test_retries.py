"""A call is tried twice where that may help, and never after its first chunk."""

import asyncio

import pytest

from gateway.tests.conftest import CHAT, PATH

STREAM = CHAT | {"stream": True}
EMBED = {"model": "aura/embedding", "input": "x"}
CALLS = pytest.mark.parametrize(
    ("path", "body"), [(PATH, CHAT), (PATH, STREAM), ("/v1/embeddings", EMBED)]
)


@CALLS
@pytest.mark.parametrize("status", [500, 502, 503, 529])
@pytest.mark.fault("U8")
async def test_a_failure_that_passes_is_not_seen(
    client, upstream, path, body, status, records
):
    upstream.script(status=status, times=1, dimension=8)
    if path == "/v1/embeddings":
        body = body | {"dimensions": 8}
    answer = await client.post(path, body)
    assert answer.status == 200
    assert len(upstream.requests) == 2
    [record] = records
    assert (record.status, record.attempts) == (200, 2)


@CALLS
@pytest.mark.fault("U8")
async def test_there_are_two_attempts_at_most(client, upstream, path, body):
    upstream.script(status=503)
    answer = await client.post(path, body)
    assert answer.status == 503
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429])
@pytest.mark.fault("U9")
async def test_what_will_not_pass_is_not_repeated(client, upstream, status):
    upstream.script(status=status)
    answer = await client.post(PATH, CHAT)
    assert answer.status >= 400
    assert len(upstream.requests) == 1


@pytest.mark.usefixtures("quick")
async def test_a_provider_that_is_silent_is_not_asked_again(client, upstream):
    upstream.script(stall=True)
    answer = await client.post(PATH, STREAM)
    assert answer.error["code"] == "upstream_timeout"
    assert len(upstream.requests) == 1


@pytest.mark.fault("U4")
async def test_nothing_is_repeated_after_the_first_chunk(client, upstream):
    upstream.script(drop_after=1)
    answer = await client.post(PATH, STREAM)
    assert answer.status == 200
    assert answer.chunks[-1]["choices"][0]["finish_reason"] == "error"
    assert "[DONE]" not in answer.events
    assert len(upstream.requests) == 1


async def test_retries_end_with_the_budget_of_the_provider(client, upstream):
    upstream.script(status=500)
    models = ("aura/l1", "aura/l2", "aura/l3")
    for model in models * 2:
        await client.post(PATH, CHAT | {"model": model})
    assert len(upstream.requests) == 6 + 3


async def test_a_model_that_keeps_failing_is_left_alone(client, upstream):
    upstream.script(status=500)
    for _ in range(20):
        answer = await client.post(PATH, CHAT)
    assert len(upstream.requests) == 5
    assert (answer.status, answer.error["code"]) == (503, "provider_paused")
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    assert (await client.post(PATH, CHAT | {"model": "aura/l1"})).status == 500 + 2
    upstream.script()


async def test_what_a_client_did_wrong_opens_no_breaker(client, upstream):
    upstream.script(status=400)
    for _ in range(10):
        assert (await client.post(PATH, CHAT)).status == 400
    assert len(upstream.requests) == 10


async def test_attempts_share_the_total_deadline(client, upstream, deadlines, quick):
    upstream.script(latency_s=0.2, status=500)
    began = asyncio.get_running_loop().time()
    answer = await client.post(PATH, CHAT)
    assert answer.status in (502, 504)
    assert asyncio.get_running_loop().time() - began < 0.6
