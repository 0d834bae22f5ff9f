"""A process that is told to end answers what comes, and tells what runs when time is up."""

import asyncio

import pytest

from gateway import draining
from gateway.connected import while_connected
from gateway.draining import Drain, ShuttingDown, told_of_shutdown
from gateway.tests.conftest import CHAT, PATH


@pytest.fixture
def drain(monkeypatch):
    """The drain of this process, for this test only."""
    drain = Drain()
    for module in ("draining", "connected", "health"):
        monkeypatch.setattr(f"gateway.{module}.DRAIN", drain)
    return drain


async def forever():
    """A `receive` whose client stays."""
    await asyncio.Event().wait()


@pytest.fixture
def running(drain):
    """Return a function that begins a request which waits, and returns its task."""

    async def wait(entered):
        with while_connected(forever):
            entered.set()
            await asyncio.Event().wait()

    async def begin():
        entered = asyncio.Event()
        task = asyncio.create_task(wait(entered))
        await entered.wait()
        return task

    return begin


def test_a_process_is_not_draining_until_it_is_told(drain):
    assert (drain.is_on, drain.is_over, drain.ends_at) == (False, False, None)


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/readiness"])
async def test_health_is_503_as_soon_as_the_end_has_begun(client, drain, path):
    assert (await client.get(path)).status == 200
    drain.begin(60)
    answer = await client.get(path)
    assert (answer.status, answer.json()["status"]) == (503, "shutting_down")
    assert answer.json()["revision"] == 7


async def test_a_process_that_drains_is_alive(client, drain):
    drain.begin(60)
    assert (await client.get("/health/live")).status == 200


async def test_requests_are_answered_while_there_is_time(client, drain):
    drain.begin(60)
    assert (await client.post(PATH, CHAT)).status == 200


async def test_what_runs_is_told_when_the_time_is_up(drain, running):
    tasks = [await running() for _ in range(3)]
    drain.begin(0.01)
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(outcome, ShuttingDown)
    assert not any(task.cancelled() for task in tasks)


async def test_no_request_begins_after_that(drain, running):
    drain.begin(0)
    await asyncio.sleep(0.01)
    with pytest.raises(ShuttingDown), while_connected(forever):
        raise AssertionError("it began")


async def test_a_call_that_runs_then_is_503(client, upstream, drain):
    upstream.script(stall=True)
    exchange = client.open_post(PATH, CHAT)
    await asyncio.to_thread(upstream.wait_for, 1)
    drain.begin(0.01)
    answer = await exchange.answer()
    assert (answer.status, answer.error["code"]) == (503, "server_shutting_down")
    assert answer.headers["retry-after"] == "1"


async def test_a_stream_can_learn_of_it_before_its_end(drain):
    said = []

    async def stream():
        with while_connected(forever):
            try:
                with told_of_shutdown():
                    await asyncio.Event().wait()
            except ShuttingDown as error:
                said.append(error.code)
            await asyncio.sleep(0)  # it can still send
            said.append("end")

    task = asyncio.create_task(stream())
    await asyncio.sleep(0)
    drain.begin(0)
    await task
    assert said == ["server_shutting_down", "end"]
    assert task.cancelling() == 0


async def test_another_cancel_stays_one(drain):
    async def stream():
        with told_of_shutdown():
            await asyncio.Event().wait()

    task = asyncio.create_task(stream())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_is_over_is_forgotten(drain):
    with while_connected(forever):
        assert len(drain._running) == 1
    assert not drain._running
    drain.begin(0)
    await asyncio.sleep(0.01)  # nobody is there to be cancelled: not even this test


async def test_the_first_end_counts(drain):
    drain.begin(60)
    ends_at = drain.ends_at
    drain.begin(0)
    assert drain.ends_at == ends_at


async def test_each_process_has_one_drain():
    assert draining.DRAIN.is_on is False
