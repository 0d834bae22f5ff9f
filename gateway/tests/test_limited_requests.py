"""Over the wire: a request of a key at its limit gets 429, every answer says what is left."""

import pytest

from gateway.keys import RING, KeyInfo, digest_of
from gateway.limits.key_limits import LIMITS, Limits
from gateway.tests.conftest import CHAT, KEY, PATH

EMBED = {"model": "aura/embedding", "input": "text", "dimensions": 8}


@pytest.fixture
def limit(client):
    """Return a function that gives the key its limits."""

    def give(**limits):
        RING.replace({digest_of(KEY): KeyInfo(1, "tests", None, Limits(**limits))})

    yield give
    LIMITS.forget()


async def test_answers_carry_the_limits_and_the_next_one_over_is_429(client, limit):
    limit(requests_per_minute=2, tokens_per_minute=100_000)
    answers = [await client.post(PATH, CHAT) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[0].headers["x-ratelimit-limit-requests"] == "2"
    assert answers[0].headers["x-ratelimit-remaining-requests"] == "1"
    assert answers[0].headers["x-ratelimit-reset-requests"] == "1m0s"
    refused = answers[2]
    assert refused.error["type"] == "requests"
    assert refused.error["code"] == "rate_limit_exceeded"
    assert 55 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"


async def test_streams_carry_the_limits_too(client, limit):
    limit(requests_per_minute=2)
    answer = await client.post(PATH, CHAT | {"stream": True})
    assert answer.status == 200
    assert answer.headers["x-ratelimit-remaining-requests"] == "1"


@pytest.mark.parametrize("body", [CHAT, CHAT | {"stream": True}])
async def test_tokens_of_an_answer_count_for_the_next_request(client, limit, body):
    limit(tokens_per_minute=1)
    assert (await client.post(PATH, body)).status == 200
    refused = await client.post(PATH, body)
    assert refused.status == 429 and refused.error["type"] == "tokens"


async def test_tokens_of_embeddings_count(client, limit):
    limit(tokens_per_minute=1)
    assert (await client.post("/v1/embeddings", EMBED)).status == 200
    assert (await client.post("/v1/embeddings", EMBED)).status == 429


async def test_what_is_refused_reaches_no_provider(client, limit, upstream):
    limit(requests_per_minute=1)
    for _ in range(5):
        await client.post(PATH, CHAT)
    assert len(upstream.requests) == 1


async def test_layer_that_is_not_allowed_is_403(client, limit, upstream):
    limit(layers=frozenset({"l1"}))
    assert (await client.post(PATH, CHAT | {"model": "aura/l1"})).status == 200
    refused = await client.post(PATH, CHAT | {"model": "aura/l3"})
    assert refused.status == 403
    assert refused.error["code"] == "layer_not_allowed"
    assert refused.error["param"] == "model"
    assert len(upstream.requests) == 1


async def test_refusals_are_on_record(client, limit, records):
    limit(requests_per_minute=1)
    for _ in range(2):
        await client.post(PATH, CHAT)
    assert [(call.status, call.error) for call in records] == [
        (200, ""),
        (429, "rate_limit_exceeded"),
    ]
