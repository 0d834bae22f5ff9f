"""Each request with a key is on record once, whichever way it ends, without a word of
what was said."""

import pytest

from gateway.tests.conftest import CHAT, KEY, PATH, PROVIDER_KEY
from tests.waiting import eventually

STREAM = CHAT | {"stream": True}
EMBED = {"model": "aura/embedding", "input": "prompt-canary"}
BOTH = pytest.mark.parametrize("body", [CHAT, STREAM], ids=["plain", "stream"])


async def test_a_whole_answer_is_on_record(client, upstream, records):
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "cost": 0.0125}
    choice = {"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}
    upstream.script(body={"choices": [choice], "usage": usage})
    answer = await client.post(PATH, CHAT | {"model": "gpt-4o"})
    [record] = records
    assert record.id == answer.headers["x-request-id"]
    assert record.began_at > 1_700_000_000
    assert (record.key_id, record.key_name) == (1, "tests")
    assert (record.operation, record.layer, record.asked) == ("chat", "l3", "gpt-4o")
    assert (record.model, record.provider) == ("deepseek/deepseek-chat", "openrouter")
    assert (record.preset, record.revision, record.source) == ("Default", 7, "default")
    assert (record.status, record.error, record.attempts) == (200, "", 1)
    assert (record.input_tokens, record.output_tokens) == (7, 3)
    assert record.cost_usd == pytest.approx(0.0125)
    assert (record.is_streamed, record.first_chunk_s, record.fallback) == (
        False,
        None,
        "",
    )
    assert 0 < record.upstream_s < record.duration_s


async def test_a_stream_is_on_record_with_its_first_chunk(client, upstream, records):
    upstream.script(latency_s=0.05, chunk_interval_s=0.02)
    await client.post(PATH, STREAM)
    [record] = records
    assert record.is_streamed
    assert 0.05 <= record.first_chunk_s < record.duration_s
    assert record.duration_s - record.upstream_s < 0.05
    assert record.input_tokens is not None and record.output_tokens is not None


async def test_embeddings_are_on_record(client, upstream, records):
    upstream.script(dimension=8)
    await client.post("/v1/embeddings", EMBED)
    [record] = records
    assert (record.operation, record.layer) == ("embeddings", "embedding")
    assert record.status == 200


@pytest.mark.parametrize(
    "usage",
    [
        *(None, "many", [], {}, {"prompt_tokens": None, "cost": None}),
        {"prompt_tokens": -1, "completion_tokens": 2.5, "cost": "free"},
        {"prompt_tokens": 2**40, "completion_tokens": True, "cost": -0.1},
        {"cost": True},
    ],
)
async def test_what_is_unknown_is_none_and_never_zero(client, upstream, records, usage):
    choice = {"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}
    upstream.script(body={"choices": [choice], "usage": usage})
    assert (await client.post(PATH, CHAT)).status == 200
    [record] = records
    assert (record.input_tokens, record.output_tokens, record.cost_usd) == (None,) * 3


@BOTH
async def test_a_failure_is_on_record_with_what_the_client_was_told(
    client, upstream, records, body
):
    upstream.script(status=401)
    answer = await client.post(PATH, body)
    [record] = records
    assert (record.status, record.error) == (502, "upstream_auth")
    assert (answer.status, answer.error["code"]) == (502, "upstream_auth")


async def test_a_stream_that_breaks_off_has_its_status_and_its_error(
    client, upstream, records
):
    upstream.script(drop_after=1)
    await client.post(PATH, STREAM)
    [record] = records
    assert (record.status, record.error) == (200, "upstream_truncated")


async def test_vectors_that_are_not_passed_on_are_an_error(client, upstream, records):
    upstream.script(dimension=9)
    await client.post("/v1/embeddings", EMBED)
    [record] = records
    assert (record.status, record.error) == (502, "embedding_dimension_mismatch")


@BOTH
async def test_a_client_that_hung_up_is_499(client, upstream, records, body):
    upstream.script(stall=True)
    exchange = client.open_post(PATH, body)
    await eventually(lambda: upstream.requests, "the request")
    exchange.hang_up()
    await exchange.ended()
    [record] = records
    assert (record.status, record.error) == (499, "client_gone")


async def test_a_client_that_hung_up_while_chunks_flow_is_499(
    client, upstream, records
):
    upstream.script(hold_after=1)
    exchange = client.open_post(PATH, STREAM)
    await exchange.messages_are(2)
    exchange.hang_up()
    await exchange.ended()
    [record] = records
    assert (record.status, record.error) == (499, "client_gone")
    assert record.first_chunk_s is not None


async def test_a_client_that_hung_up_in_its_body_is_499(client, records):
    exchange = client.open("POST", PATH, pieces=[b"{"], more=True)
    await eventually(lambda: exchange.unread == 0, "the body to be read")
    exchange.hang_up()
    await exchange.ended()
    [record] = records
    assert (record.status, record.error) == (499, "client_gone")


@pytest.mark.parametrize(
    ("path", "body", "status", "error", "asked"),
    [
        (PATH, b"{", 400, "invalid_request_error", ""),
        (PATH, CHAT | {"model": "aura/l9"}, 404, "model_not_found", "aura/l9"),
        (PATH, CHAT | {"model": "x" * 300}, 404, "model_not_found", "x" * 200),
        (PATH, CHAT | {"model": 5}, 400, "invalid_request_error", ""),
        (
            "/v1/embeddings",
            CHAT | {"input": "x"},
            400,
            "invalid_request_error",
            "aura/l3",
        ),
    ],
)
async def test_a_request_that_was_refused_is_on_record(
    client, upstream, records, path, body, status, error, asked
):
    answer = await client.post(path, body)
    assert answer.status == status
    [record] = records
    assert (record.status, record.error, record.asked) == (status, error, asked)
    assert (record.layer, record.model, record.attempts) == ("", "", 0)
    assert record.id == answer.headers["x-request-id"]
    assert upstream.requests == []


@pytest.mark.parametrize("path", [PATH, "/v1/embeddings", "/v1/models"])
async def test_a_request_without_a_valid_key_is_not(client, records, path):
    headers = {"authorization": "Bearer aura_wrong"}
    await client.post(path, CHAT, headers)
    assert records == []


async def test_requests_that_are_no_call_are_not(client, records):
    for path in ("/v1/models", "/v1/models/nothing", "/health", "/v1/nowhere"):
        await client.get(path)
    assert records == []


async def test_neither_words_nor_keys_are_on_record(client, upstream, records):
    upstream.script(status=400, body={"error": {"message": f"prompt-canary {KEY}"}})
    for body in (CHAT, STREAM):
        await client.post(PATH, body)
    upstream.script(dimension=8)
    await client.post(PATH, CHAT)
    await client.post("/v1/embeddings", EMBED)
    assert len(records) == 4
    for canary in ("-canary", KEY, PROVIDER_KEY):
        assert canary not in repr(records)
