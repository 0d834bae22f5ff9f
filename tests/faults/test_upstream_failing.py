"""The provider is dead for long, or fails now and then: it is left alone, and clients are
told at once. Twenty times as fast as in earnest where breakers open and close."""

import asyncio
import random
import statistics
import time

import pytest

from gateway.tests.conftest import CHAT
from providers import breaker
from providers.retry_budget import ALWAYS, SHARE
from tests.faults.calls import EITHER, STREAM, ask
from tests.faults.wire import answer, well
from tests.upstream.hostile import Script, resets, sends

FAILS = sends(answer({"error": {"message": "no"}}, "500 No"))
LASTS_S, PACE_S = 1.5, 0.01


@pytest.fixture
def hurried(monkeypatch):
    assert (breaker.FAILURES, breaker.OPEN_S) == (5, 10)
    monkeypatch.setattr(breaker, "OPEN_S", 0.5)


async def asked_steadily(client, body, lasts_s):
    """Ask a hundred times a second; return each answer and how long it took."""
    ends, answers = time.monotonic() + lasts_s, []
    while time.monotonic() < ends:
        answers.append(await ask(client, body))
        await asyncio.sleep(PACE_S)
    return answers


@pytest.mark.parametrize(
    ("body", "death"), [(CHAT, FAILS), (STREAM, resets())], ids=["500", "reset"]
)
@pytest.mark.fault("U23")
@pytest.mark.usefixtures("hurried")
async def test_dead_provider_is_left_alone_and_found_again(
    client, provider, body, death, measured
):
    provider.script = death
    answers = await asked_steadily(client, body, LASTS_S)
    seen = provider.count
    assert seen <= breaker.FAILURES + LASTS_S / breaker.OPEN_S + 1
    assert {said.status for said, _ in answers} <= {502, 503}
    paused = [(a, s) for a, s in answers if a.error["code"] == "provider_paused"]
    assert len(paused) >= len(answers) - seen
    assert all("retry-after" in said.headers for said, _ in paused)
    times = [1000 * took_s for _, took_s in paused]
    assert statistics.median(times) < 50

    provider.script = well
    again = await asked_steadily(client, body, breaker.OPEN_S * 1.2)
    assert again[-1][0].status == 200
    measured(
        f"{len(answers)} calls in {LASTS_S} s while a breaker opens for {breaker.OPEN_S} s "
        f"and not 10: {seen} reached it, the others were told after "
        f"{statistics.median(times):.1f} ms"
    )


CALLS, AT_ONCE = 400, 8


def fails_one_in_five(name=b""):
    """Fail once in each five requests for a model, at a place that chance chooses: 20 %,
    and never five in a row, which is another fault."""
    chance = random.Random(7)
    left: list[Script] = []

    def script(sock, request):
        if name in request and not left:
            left.extend(chance.sample([FAILS, well, well, well, well], 5))
        now = left.pop() if name in request else well
        return now(sock, request)

    return script


async def share_of_errors(client, body):
    """Make many calls, some at once; return the share that failed."""
    statuses: list[int] = []

    async def some():
        for _ in range(CALLS // AT_ONCE):
            answered, _ = await ask(client, body)
            statuses.append(answered.status)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return 1 - statuses.count(200) / CALLS


@EITHER
@pytest.mark.fault("U24")
async def test_retries_of_a_provider_that_often_fails_stay_within_their_budget(
    client, provider, body, measured
):
    provider.script = fails_one_in_five()
    errors = await share_of_errors(client, body)
    retries = provider.count - CALLS
    assert 0 < retries <= SHARE * CALLS + ALWAYS
    assert errors <= 0.14
    measured(f"{retries} retries of {CALLS} calls, {100 * errors:.0f} % errors seen")


@EITHER
@pytest.mark.fault("U24")
async def test_fallback_keeps_the_failures_of_a_model_from_clients(
    client, serve, provider, body, measured
):
    serve(l3="often/fails", l3_fallback="good/one")
    provider.script = fails_one_in_five(b"often/fails")
    errors = await share_of_errors(client, body)
    assert errors <= 0.05
    assert CALLS * 1.15 < provider.count < CALLS * 1.25
    measured(f"with a fallback: {100 * errors:.0f} % errors seen")
