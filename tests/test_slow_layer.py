"""A layer that is slow under a running Aura is said in `/health` and on the status page, by
whichever worker answers, and makes neither fail."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.server import AuraServer
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

CALLS, LATE_S = 24, 0.7
CHAT = {
    "model": "aura/l1",
    "messages": [{"role": "user", "content": "Hello"}],
    "stream": True,
}


def test_a_slow_layer_is_said_by_every_worker(upstream):
    upstream.script("mistralai/mistral-7b-instruct", latency_s=LATE_S)
    environment = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "k"}
    with AuraServer(environment, workers=2) as server:
        with ThreadPoolExecutor(CALLS) as pool:
            list(pool.map(ask, [server] * CALLS))
        wait_until(lambda: said(server), "each worker to say so", 20, every_s=0.2)
        strict = requests.get(f"{server.url}/health?strict=1", timeout=10)
        page = requests.get(f"{server.url}/", timeout=10).text

    assert strict.ok and strict.json()["status"] == "ok"
    [found] = strict.json()["attention"]
    assert found["name"] == "l1" and "of its last 24 calls were late" in found["reason"]
    assert "L1 is slow" in page


def ask(server):
    url = f"{server.url}/v1/chat/completions"
    headers = {"Authorization": f"Bearer {server.key}"}
    assert requests.post(url, json=CHAT, headers=headers, timeout=20).ok


def said(server):
    """Say whether every one of some answers of `/health` has it."""
    answers = [requests.get(f"{server.url}/health", timeout=10) for _ in range(8)]
    return all("attention" in answer.json() for answer in answers)
