"""gunicorn forks its workers after it has loaded the application: each of them watches the
database by itself, also one that is forked later."""

import os
import signal

import pytest
import requests

from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

WORKERS = 2


@pytest.fixture
def server(upstream: FakeUpstream):
    environment = {
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "k",
        "GUNICORN_CMD_ARGS": "--preload",
    }
    with AuraServer(environment, workers=WORKERS) as server:
        yield server


@pytest.mark.fault("D20")
def test_each_forked_worker_watches_the_database(server: AuraServer, measured):
    server.manage("activate_preset", "Budget")
    first_s = wait_until(lambda: _serve(server, "Budget"), "all workers", 5)
    old = set(server.worker_pids())
    os.kill(min(old), signal.SIGKILL)
    wait_until(lambda: len(set(server.worker_pids()) - old) == 1, "a new worker", 10)
    server.manage("activate_preset", "Hybrid")
    second_s = wait_until(lambda: _serve(server, "Hybrid"), "all workers", 5)
    measured(
        f"{WORKERS} of {WORKERS} on the new revision {first_s:.2f} s after the command, "
        f"{second_s:.2f} s with one that was forked later"
    )


def _serve(server: AuraServer, preset: str) -> bool:
    """Ask often enough to hear every worker."""
    answers = [requests.get(f"{server.url}/health", timeout=5) for _ in range(10)]
    return all(answer.json()["preset"] == preset for answer in answers)
