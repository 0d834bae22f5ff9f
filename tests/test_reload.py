"""HUP: new workers with the new `.env`, and nothing lost meanwhile."""

import time
from collections.abc import Callable

import pytest
import requests

from tests.server import AuraServer
from tests.traffic import Traffic
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

HUPS, EACH_S = 5, 2.0


@pytest.fixture
def server(upstream: FakeUpstream):
    environment = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "k"}
    server = AuraServer(environment)
    server.dotenv.write_text("AURA_L3_MODEL=before/model\n")
    with server:
        yield server


def test_a_hup_applies_the_env_file_and_loses_nothing(server: AuraServer, upstream):
    upstream.script("before/model", chunk_count=10, chunk_interval_s=0.05)
    with Traffic(server.url, server.key, streams=4) as traffic:
        wait_until(lambda: len(traffic.answers) > 20, "answers")
        server.dotenv.write_text("AURA_L3_MODEL=after/model  # from now on\n")
        server.reload()
        wait_until(lambda: _serves(server, "after/model"), "the new workers", 30)
        count = len(traffic.answers)
        wait_until(lambda: len(traffic.answers) > count + 20, "more answers")

    assert _lost(traffic) == []
    l3 = {a.model for a in traffic.answers if a.asked == "aura/l3"}
    assert l3 == {"before/model", "after/model"}


@pytest.mark.fault("D16")
def test_hups_in_a_row_lose_nothing(
    server: AuraServer, upstream: FakeUpstream, measured: Callable[[str], None]
):
    upstream.script(chunk_count=10, chunk_interval_s=0.05)
    with Traffic(server.url, server.key, streams=8, pause_s=0.05) as traffic:
        wait_until(lambda: len(traffic.answers) > 20, "answers")
        first = set(server.worker_pids())
        for _ in range(HUPS):
            server.reload()
            time.sleep(EACH_S)
        wait_until(lambda: _are_new(server, first), "the new workers", 60)
        count = len(traffic.answers)
        wait_until(lambda: len(traffic.answers) > count + 50, "more answers", 20)
    assert _lost(traffic) == []
    measured(
        f"{HUPS} HUPs, one each {EACH_S:g} s, on kept connections: 0 of "
        f"{len(traffic.answers):,} requests and streams lost"
    )


def _lost(traffic: Traffic) -> list[object]:
    """Return the requests without an answer, and the answers that are not whole."""
    broken = [a for a in traffic.answers if a.status != 200 or not a.is_complete]
    return [*traffic.failures, *broken]


def _are_new(server: AuraServer, old: set[int]) -> bool:
    pids = set(server.worker_pids())
    return len(pids) == server.workers and not pids & old


def _serves(server: AuraServer, model: str) -> bool:
    """Ask often enough to hear every worker; one that is ending says so."""
    answers = [
        requests.get(f"{server.url}/health", timeout=5).json() for _ in range(12)
    ]
    return all(
        answer["models"]["l3"]["model"] == model and answer["status"] != "shutting_down"
        for answer in answers
    )
