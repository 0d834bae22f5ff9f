"""A change that turns bad under traffic is taken back by a running Aura, by itself."""

import contextlib
import secrets
import subprocess
import sys
import time

import pytest
import requests

from tests.server import ROOT, AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("kind", ["sqlite", "postgres"])]

CHAT = {"model": "aura/l3", "messages": [{"role": "user", "content": "Hello"}]}
TURNS_BAD = "google/gemini-flash-1.5"  # Budget's L3
WITHIN_S = 5.0


@pytest.fixture
def server(kind, request, upstream: FakeUpstream):
    environment = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "k"}
    if kind == "postgres":
        postgres = request.getfixturevalue("postgres")
        name = f"auto_revert_{secrets.token_hex(4)}"
        environment["DATABASE_URL"] = postgres.begun(name)
    aura = AuraServer(environment, is_set_up=kind == "postgres")
    with aura as server, background_tasks(server):
        yield server


@contextlib.contextmanager
def background_tasks(server):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_tasks"], cwd=ROOT, env=server.environment
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)


def ask(server):
    headers = {"Authorization": f"Bearer {server.key}"}
    url = f"{server.url}/v1/chat/completions"
    return requests.post(url, json=CHAT, headers=headers, timeout=10)


def preset(server):
    return requests.get(f"{server.url}/health", timeout=5).json()["preset"]


def test_a_preset_that_turns_bad_after_50_calls_goes_within_5_s(server, upstream):
    server.manage("activate_preset", "Default")
    assert all(ask(server).ok for _ in range(30))
    server.manage("activate_preset", "Budget")
    assert all(ask(server).ok for _ in range(50))
    assert preset(server) == "Budget"

    upstream.script(TURNS_BAD, status=500)
    turned_bad_at = time.monotonic()
    while preset(server) == "Budget":
        ask(server)
        assert time.monotonic() - turned_bad_at < WITHIN_S, "Budget is still live"

    # This worker is back; the other one follows at its next look.
    wait_until(lambda: {preset(server) for _ in range(10)} == {"Default"}, "the other")
    assert ask(server).ok
    assert requests.get(f"{server.url}/health", timeout=5).json()["revision"] == 3
