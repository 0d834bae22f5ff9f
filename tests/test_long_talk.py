"""A conversation of 20 turns in Chromium, with the worker beside the server: see
`tests.long_talk`. `tests.end_to_end` has the same with the embedded models."""

import json
import re
import subprocess
import sys
from contextlib import contextmanager

import pytest
import requests

from tests.browser import sign_in, sign_in_as
from tests.long_talk import (
    FACT,
    LATER,
    QUESTION,
    REFLECTED,
    TOPICS,
    Stage,
    long_talk,
)
from tests.server import ROOT, AuraServer
from tests.test_pages_in_browser import browser  # noqa: F401 (a fixture)
from tests.upstream.bodies import said
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

INSIGHT = {"asked": "a word", "missed": "", "remember": []}
L3 = "google/gemini-flash-1.5"
BOB = (
    "from django.contrib.auth.models import User;"
    "User.objects.create_superuser('bob', password='tests-only-bobs')"
)


@contextmanager
def worker(server):
    command = [sys.executable, "manage.py", "run_tasks", "--interval=0.1"]
    with (server.data / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=server.environment, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def insight(body):
    """Return what L2 answers: its advice is of the exchange that it was shown."""
    topic = re.search(r"Is (\w+) good", body["messages"][-1]["content"])
    advice = f"Think of {topic[1]}." if topic else ""
    return said(json.dumps({**INSIGHT, "advice": advice}))


def swapped(server):
    server.manage("activate_preset", "Budget")
    headers = {"Authorization": f"Bearer {server.key}"}
    wait_until(
        lambda: all(
            requests.get(f"{server.url}/health", headers=headers, timeout=5).json()[
                "revision"
            ]
            for _ in range(8)
        ),
        "every worker to have it",
    )


def test_twenty_turns_keep_every_promise(browser, upstream):  # noqa: F811
    upstream.script(None, chunk_interval_s=0.005)
    upstream.script("openai/text-embedding-3-small", by_words=True)
    for model in ("anthropic/claude-3.5-sonnet", "anthropic/claude-3-haiku"):
        upstream.script(model, body=insight)
    environment = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "tests"}
    with AuraServer(environment) as server, worker(server):
        server.manage("shell", "-c", BOB)
        stage = Stage(
            url=server.url,
            ada=sign_in(browser, server),
            bob=sign_in_as(browser, server.url, "bob", "tests-only-bobs"),
            swap=lambda: swapped(server),
            before="No preset · revision 0",
            after="Budget · revision 1",
            reflection_ms=15_000,
        )
        seen = long_talk(browser, stage)

    assert any(turn.instinct for turn in seen), "L1 never reacted in time"
    topic = TOPICS[REFLECTED % len(TOPICS)]
    used = f"“Think of {topic}.” (from turn {REFLECTED})"
    assert used in seen[REFLECTED + LATER - 1].insights
    told = [
        request.body["messages"]
        for request in upstream.requests
        if request.model == L3 and request.body["messages"][-1]["content"] == QUESTION
    ]
    ada, bob = (messages[0]["content"] for messages in told)
    assert f"- {FACT}" in ada
    assert "Mia" not in bob
