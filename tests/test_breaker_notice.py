"""A model that keeps failing under a running Aura is told of, by the worker that saw it."""

import contextlib
import sqlite3

import pytest
import requests

from tests.server import AuraServer
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

CHAT = {"model": "aura/l3", "messages": [{"role": "user", "content": "Hello"}]}
REQUESTS = 8


def test_a_breaker_that_opens_is_told_of(upstream):
    upstream.script("deepseek/deepseek-chat", status=500)
    environment = {
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "k",
        "AURA_NOTICE_EMAILS": "ops@example.com",
    }
    with AuraServer(environment, workers=1) as server:
        headers = {"Authorization": f"Bearer {server.key}"}
        for _ in range(REQUESTS):
            url = f"{server.url}/v1/chat/completions"
            assert not requests.post(url, json=CHAT, headers=headers, timeout=10).ok
        wait_until(lambda: asked(server, TOLD), "the notice", 12)
        [[args]] = asked(server, QUEUED)

    assert "breaker.open" in args and "deepseek/deepseek-chat at OpenRouter" in args


TOLD = "SELECT digest FROM gateway_noticetold"
QUEUED = (
    "SELECT args_kwargs FROM django_tasks_database_dbtaskresult "
    "WHERE task_path LIKE '%send_event'"
)


def asked(server, sql):
    with contextlib.closing(sqlite3.connect(server.data / "aura.sqlite3")) as database:
        return database.execute(sql).fetchall()
