"""A client that asks far more than its key may is refused at once, by every worker, while
others are served as before."""

import asyncio
import sqlite3
import time
from dataclasses import dataclass

import aiohttp
import pytest

from tests.server import AuraServer
from tests.traffic import MESSAGES
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

WORKERS, LIMIT = 4, 50
FLOOD_S, GREEDY = 3.0, 16
SUM = "SELECT sum(requests) FROM gateway_keyusage WHERE kind = 'second'"


@dataclass
class Seen:
    """One answer, as a client saw it."""

    status: int
    began: float
    took_s: float
    headers: dict[str, str]
    error: dict[str, str]


@pytest.fixture
def server(upstream: FakeUpstream):
    environment = {
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "k",
        "LOG_LEVEL": "WARNING",
    }
    with AuraServer(environment, workers=WORKERS) as server:
        yield server


@pytest.mark.fault("C15")
async def test_flood_over_a_limit_is_refused_quickly_and_others_are_served(
    server, measured
):
    greedy = server.manage("create_api_key", "greedy", "--rpm", str(LIMIT)).strip()
    await _until_known(server, greedy)
    until = time.monotonic() + FLOOD_S
    clients = [_ask(server, greedy, until, 0.0) for _ in range(GREEDY)]
    flood, others = await asyncio.gather(
        asyncio.gather(*clients), _ask(server, server.key, until, 0.02)
    )
    answers = sorted((seen for part in flood for seen in part), key=lambda s: s.began)
    accepted = [seen for seen in answers if seen.status == 200]
    refused = [seen for seen in answers if seen.status != 200]
    _check_refusals(refused)
    assert all(seen.status == 200 for seen in others)
    # Beyond its limit only what it asked within a second, before the workers had told each
    # other; and no worker goes past the limit by itself.
    late_s = accepted[-1].began - accepted[LIMIT - 1].began
    assert LIMIT <= len(accepted) <= LIMIT * WORKERS
    assert late_s < 2
    wait_until(lambda: _sum(server) == len(accepted), "the sum of all workers", 5)
    measured(
        f"{len(answers)} requests in {FLOOD_S:.0f} s over 4 workers, limit {LIMIT}: "
        f"{len(accepted)} accepted, the last {late_s:.1f} s after the limit was reached; "
        f"429 in {_p99_ms(refused)} ms, others in {_p99_ms(others)} ms (p99)"
    )


def _check_refusals(refused):
    assert refused
    for seen in refused:
        assert seen.status == 429
        assert seen.error["code"] == "rate_limit_exceeded"
        assert 1 <= int(seen.headers["Retry-After"]) <= 60
        assert seen.headers["x-ratelimit-remaining-requests"] == "0"
    assert max(seen.took_s for seen in refused) < 2


async def _ask(server, key, until, pause_s):
    """Ask again and again, each time over a new connection: any worker may take it."""
    connector = aiohttp.TCPConnector(force_close=True)
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        seen = []
        while time.monotonic() < until:
            seen.append(await _once(server, session))
            await asyncio.sleep(pause_s)
        return seen


async def _once(server, session):
    body = {"model": "aura/l3", "messages": MESSAGES}
    began = time.monotonic()
    url = f"{server.url}/v1/chat/completions"
    async with session.post(url, json=body) as answer:
        error = (await answer.json()).get("error", {})
        took_s = time.monotonic() - began
        return Seen(answer.status, began, took_s, dict(answer.headers), error)


async def _until_known(server, key):
    """Wait until every worker knows the key, without using its limit up."""
    headers = {"Authorization": f"Bearer {key}"}
    good = 0
    async with aiohttp.ClientSession(headers=headers) as session:
        while good < 8 * WORKERS:
            async with session.get(
                f"{server.url}/v1/models", headers={"Connection": "close"}
            ) as answer:
                good = good + 1 if answer.status == 200 else 0


def _sum(server):
    with sqlite3.connect(server.data / "aura.sqlite3") as database:
        ((total,),) = database.execute(SUM)
    database.close()
    return total


def _p99_ms(answers):
    times = sorted(seen.took_s for seen in answers)
    return round(1000 * times[len(times) * 99 // 100])
