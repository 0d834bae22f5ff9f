"""The clock jumps by a day, either way: deadlines, breakers and retry budgets go by another
clock, and what was live stays in its order."""

import asyncio
import time

import pytest

from brains import activation
from brains.models import Activation
from brains.tests.records import ANN, newest, preset
from brains.tests.watching import serves
from gateway.tests.conftest import CHAT, PATH
from providers.breaker import FAILURES
from tests.faults.calls import STREAM, ask, failure, text_of
from tests.faults.wire import DONE, FINISH, SSE, answer, chunk, well
from tests.upstream.hostile import sends, silent
from tests.waiting import eventually, wait_until

DAY_S = 86_400
EITHER_WAY = pytest.mark.parametrize("by_s", [DAY_S, -DAY_S], ids=["on", "back"])


@pytest.fixture
def jump(monkeypatch):
    """Return a function that sets this process's clock on or back."""
    true = time.time

    def set_clock(by_s):
        monkeypatch.setattr(time, "time", lambda: true() + by_s)
        monkeypatch.setattr(time, "time_ns", lambda: int((true() + by_s) * 1e9))

    return set_clock


@EITHER_WAY
@pytest.mark.fault("D14")
async def test_stream_under_way_is_neither_cut_nor_kept_waiting(
    client, provider, jump, by_s
):
    events = [chunk("Hel"), chunk("lo"), FINISH, DONE]
    provider.script = sends(SSE, *events, pause_s=0.05)
    exchange = client.open_post(PATH, STREAM)
    await exchange.messages_are(2)
    jump(by_s)
    said = await exchange.answer()
    assert text_of(said) == "Hello" and said.events[-1] == "[DONE]"


@EITHER_WAY
@pytest.mark.fault("D14")
@pytest.mark.usefixtures("quick")
async def test_deadline_is_kept(client, provider, jump, by_s, measured):
    provider.script = silent()
    asking = asyncio.ensure_future(ask(client, CHAT))
    await eventually(lambda: provider.count, "the request")
    jump(by_s)
    said, took_s = await asking
    assert failure(said) == (504, "upstream_timeout")
    assert took_s < 0.6
    measured(f"{by_s // 3600:+d} h: a deadline of 0.3 s after {took_s:.2f} s")


@EITHER_WAY
@pytest.mark.fault("D14")
async def test_breaker_stays_open_and_the_retry_budget_used_up(
    client, provider, jump, by_s
):
    provider.script = sends(answer({}, "500 No"))
    while provider.count < FAILURES:
        await ask(client, CHAT)
    jump(by_s)
    said, _ = await ask(client, CHAT)
    assert failure(said) == (503, "provider_paused")
    assert 1 <= int(said.headers["retry-after"]) <= 10
    other = CHAT | {"model": "aura/l1"}
    for _ in range(FAILURES):
        await ask(client, other)
    provider.script = well
    assert (await ask(client, CHAT | {"model": "aura/l2"}))[0].status == 200
    assert provider.count == 2 * FAILURES + 1


@EITHER_WAY
@pytest.mark.fault("D14")
def test_changes_are_seen_and_stay_in_their_order(
    database, watch, jump, by_s, measured
):
    activation.activate(preset("Budget"), ANN)
    running = watch()
    jump(by_s)
    activation.activate(preset("Hybrid"), ANN)
    took_s = wait_until(lambda: serves("Hybrid"), "the change")
    assert running.is_connected()
    assert newest().revision == 2
    listed = [row.preset_name for row in Activation.objects.all()]
    assert listed == ["Hybrid", "Budget"]
    measured(
        f"{by_s // 3600:+d} h: a change is served {took_s:.2f} s later, as the newest"
    )
