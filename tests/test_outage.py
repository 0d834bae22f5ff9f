"""The database away while requests run: killed, suspended, and absent at a start."""

import os
import signal
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.postgres import PostgresServer
from tests.rude import Footprint
from tests.server import AuraServer
from tests.traffic import Traffic
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def database():
    """A PostgreSQL of this module's own, to be killed and suspended."""
    with PostgresServer(ready=True) as database:
        yield database


@pytest.fixture(scope="module")
def started(database: PostgresServer, _upstream: FakeUpstream):
    """Aura with two workers on that PostgreSQL."""
    environment = {
        "OPENROUTER_BASE_URL": _upstream.url,
        "OPENROUTER_API_KEY": "k",
        "DATABASE_URL": database.begun("outage"),
    }
    with AuraServer(environment, is_set_up=True) as server:
        yield server


@pytest.fixture
def server(started: AuraServer, database: PostgresServer, upstream: FakeUpstream):
    """It, with Budget live and its database back from the test before."""
    database.start()
    started.manage("activate_preset", "Budget")
    wait_until(lambda: _is_well(started, "Budget"), "Budget", 15)
    return started


@pytest.mark.fault("D1")
def test_a_killed_database_and_a_new_worker_lose_no_answer(server, database, measured):
    later = str(_health(server)["revision"] + 1)
    with Traffic(server.url, server.key, streams=4) as traffic:
        database.kill()
        wait_until(lambda: _health(server)["status"] == "degraded", "degraded", 8)
        old = set(server.worker_pids())
        os.kill(min(old), signal.SIGTERM)
        wait_until(lambda: _are_replaced(server, old, 1), "a new worker", 15)
        before = len(traffic.answers)
        wait_until(lambda: len(traffic.answers) > before + 200, "more answers", 20)
        database.start()
        wait_until(lambda: _is_well(server), "health to be ok", 10)
        server.manage("activate_preset", "Performance")
        wait_until(lambda: traffic.answers[-1].revision == later, "the change", 5)

    assert traffic.failures == []
    assert [a for a in traffic.answers if a.status != 200 or not a.is_complete] == []
    assert {a.preset for a in traffic.answers} == {"Budget", "Performance"}
    measured(f"0 of {len(traffic.answers):,} answers lost, with a new worker meanwhile")


def test_a_killed_worker_starts_again_from_the_copy_on_disk(server, database):
    revision = _health(server)["revision"]
    database.kill()
    old = set(server.worker_pids())
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: _are_replaced(server, old, 2), "new workers", 15)
    wait_until(lambda: _loaded_from(server) == "disk", "an answer", 30)

    health = _health(server)
    assert (health["preset"], health["revision"]) == ("Budget", revision)
    assert _ask(server).headers["X-Aura-Model"] == "google/gemini-flash-1.5"


@pytest.mark.fault("D2")
def test_a_suspended_database_slows_no_health_and_no_answer(server, database, measured):
    database.suspend()
    try:
        wait_until(lambda: _health(server)["status"] == "degraded", "degraded", 8)
        times = [_timed(server) for _ in range(40)]
        answers = [_ask(server).status_code for _ in range(10)]
    finally:
        database.resume()
    assert answers == [200] * 10
    assert statistics.median(times) < 1.0
    wait_until(lambda: _is_well(server), "health to be ok", 10)
    measured(f"/health in {statistics.median(times) * 1000:.0f} ms (median of 40)")


@pytest.mark.fault("D2")
def test_pages_say_so_in_time_while_the_database_is_suspended(
    server: AuraServer, database: PostgresServer, measured: Callable[[str], None]
):
    cookies = _signed_in(server)
    before = Footprint.of(server)
    with ThreadPoolExecutor(8) as threads:
        database.suspend()
        try:
            first = list(threads.map(lambda _: _page(server, cookies), range(8)))
            wait_until(lambda: _health(server)["status"] == "degraded", "degraded", 8)
            later = list(threads.map(lambda _: _page(server, cookies), range(80)))
            status = requests.get(f"{server.url}/status/", timeout=10)
            during = Footprint.of(server)
        finally:
            database.resume()
    assert {code for code, _ in first + later} == {503}
    assert status.status_code == 200 and "database" in status.text.lower()
    assert during.threads - before.threads < 20
    wait_until(lambda: _page(server, cookies)[0] == 200, "the admin", 15)
    longest, then = (max(took for _, took in pages) for pages in (first, later))
    assert longest < 5
    measured(
        f"an admin page that was asked at that moment is 503 after {longest:.1f} s, later "
        f"ones within {then * 1000:.0f} ms; {during.threads - before.threads} threads "
        "more after 88 pages"
    )


def _signed_in(server: AuraServer) -> dict[str, str]:
    session, url = requests.Session(), f"{server.url}/admin/login/"
    session.get(url, timeout=5)
    token = session.cookies["csrftoken"]
    form = {"username": "admin", "password": server.password, "next": "/admin/"}
    session.post(url, form | {"csrfmiddlewaretoken": token}, timeout=10)
    assert "sessionid" in session.cookies
    return session.cookies.get_dict()


def _page(server: AuraServer, cookies: dict[str, str]) -> tuple[int, float]:
    began = time.monotonic()
    answer = requests.get(f"{server.url}/admin/", cookies=cookies, timeout=30)
    return answer.status_code, time.monotonic() - began


def test_a_start_without_database_and_copy_serves_the_environment(upstream):
    environment = {
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "k",
        "DATABASE_URL": "postgres://aura@127.0.0.1:9/aura",  # nobody listens there
        "AURA_L3_MODEL": "some/model",
    }
    server = AuraServer(environment)
    server.is_set_up = True
    with server:
        health = _health(server)
        answer = _ask(server)
    assert health["loaded_from"] == "environment"
    assert health["models"]["l3"] == {
        "model": "some/model",
        "source": "env",
        "provider": "openrouter",
    }
    assert answer.status_code == 200
    assert answer.headers["X-Aura-Model"] == "some/model"


def _health(server: AuraServer) -> dict[str, Any]:
    report: dict[str, Any] = requests.get(f"{server.url}/health", timeout=5).json()
    return report


def _loaded_from(server: AuraServer) -> str:
    try:
        return str(_health(server)["loaded_from"])
    except (requests.ConnectionError, requests.Timeout):
        return ""


def _is_well(server: AuraServer, *presets: str) -> bool:
    """Ask often enough to hear both workers, and whether one of these presets is live."""
    reports = [_health(server) for _ in range(10)]
    return all(
        report["status"] == "ok" and (not presets or report["preset"] in presets)
        for report in reports
    )


def _timed(server: AuraServer) -> float:
    began = time.monotonic()
    _health(server)
    return time.monotonic() - began


def _ask(server: AuraServer) -> requests.Response:
    body = {"model": "aura/l3", "messages": [{"role": "user", "content": "hello"}]}
    headers = {"Authorization": f"Bearer {server.key}"}
    return requests.post(
        f"{server.url}/v1/chat/completions", json=body, headers=headers, timeout=10
    )


def _are_replaced(server: AuraServer, old: set[int], count: int) -> bool:
    pids = set(server.worker_pids())
    return len(pids) == 2 and len(pids - old) >= count
