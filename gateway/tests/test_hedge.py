"""L1 promises its first chunk within 500 ms: with fallbacks the next model is asked beside
the first once that is past, whoever speaks first is taken, the other is cancelled."""

import asyncio

import pytest

from gateway import budgets
from gateway.tests.conftest import CHAT, PATH
from tests.waiting import eventually

STREAM = CHAT | {"model": "aura/l1", "stream": True}
BUDGET_S = 0.1


@pytest.fixture(autouse=True)
def two(serve, monkeypatch):
    """L1 is a/slow, and then a/quick; its budget is short enough for a test."""
    monkeypatch.setattr(budgets, "BUDGET_S", {"l1": BUDGET_S})
    monkeypatch.setattr("gateway.calls.BUDGET_S", {"l1": BUDGET_S})
    serve(l1="a/slow", l1_fallback="a/quick", l3="a/slow", l3_fallback="a/quick")


def models(upstream):
    return [request.body["model"] for request in upstream.requests]


async def test_a_model_within_the_budget_is_alone(client, upstream):
    answer = await client.post(PATH, STREAM)
    assert answer.headers["x-aura-model"] == "a/slow"
    await asyncio.sleep(BUDGET_S * 1.5)
    assert models(upstream) == ["a/slow"]


async def test_a_silent_model_is_overtaken_and_cancelled(client, upstream, records):
    upstream.script("a/slow", stall=True)
    answer = await client.post(PATH, STREAM)
    assert models(upstream) == ["a/slow", "a/quick"]
    assert answer.headers["x-aura-model"] == "a/quick"
    assert answer.headers["x-aura-fallback"] == "1"
    assert answer.headers["x-aura-fallback-reason"] == "budget"
    assert answer.events[-1] == "[DONE]"
    await eventually(lambda: upstream.aborted == 1, "the slow one to be cancelled")
    [record] = records
    assert (record.model, record.fallback, record.attempts) == ("a/quick", "budget", 2)
    assert record.first_chunk_s >= BUDGET_S


async def test_the_first_model_still_wins_when_it_speaks_first(client, upstream):
    upstream.script("a/slow", latency_s=BUDGET_S * 2)
    upstream.script("a/quick", stall=True)
    answer = await client.post(PATH, STREAM)
    assert answer.headers["x-aura-model"] == "a/slow"
    assert answer.headers["x-aura-fallback"] == "0"
    await eventually(lambda: upstream.aborted == 1, "the other to be cancelled")


async def test_a_failure_before_the_budget_starts_the_next_at_once(client, upstream):
    upstream.script("a/slow", status=500)
    answer = await client.post(PATH, STREAM)
    assert answer.headers["x-aura-fallback-reason"] == "upstream_error"


async def test_a_failure_of_the_second_leaves_the_first_running(client, upstream):
    upstream.script("a/slow", latency_s=BUDGET_S * 3)
    upstream.script("a/quick", status=500)
    answer = await client.post(PATH, STREAM)
    assert answer.headers["x-aura-model"] == "a/slow"


async def test_when_both_fail_the_first_one_s_error_is_told(client, upstream):
    upstream.script("a/slow", latency_s=BUDGET_S * 2, status=429)
    upstream.script("a/quick", latency_s=BUDGET_S * 3, status=500)
    answer = await client.post(PATH, STREAM)
    assert answer.status == 429


async def test_a_client_that_hangs_up_ends_both(client, upstream):
    upstream.script(stall=True)
    exchange = client.open_post(PATH, STREAM)
    await eventually(lambda: len(upstream.requests) == 2, "both requests")
    exchange.hang_up()
    await eventually(lambda: upstream.aborted == 2, "both to be cancelled")
    await exchange.ended()


@pytest.mark.parametrize(
    "body", [STREAM | {"stream": False}, STREAM | {"model": "aura/l3"}]
)
async def test_whole_answers_and_other_layers_are_not_raced(client, upstream, body):
    upstream.script("a/slow", latency_s=BUDGET_S * 2)
    answer = await client.post(PATH, body)
    assert answer.headers["x-aura-model"] == "a/slow"
    assert models(upstream) == ["a/slow"]
