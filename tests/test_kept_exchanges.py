"""Kept exchanges under a real server, and a rehearsal of them whose worker is killed: no text
of a client stands anywhere as it is, and nothing that has its answer is asked again."""

import pytest
import requests
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from brains.admin.effective import selection_of
from brains.models import ModelPreset
from cognition.rehearsal import running, tasks
from cognition.rehearsal.choosing import choose
from cognition.rehearsal.models import Rehearsal
from gateway.background.models import Schedule
from gateway.kept.models import KeptExchange
from gateway.tests.kept import CANARY, MESSAGES, files_with
from tests.browser import chromium, sign_in, tab
from tests.own_database import own_database
from tests.server import AuraServer
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.fault("W13")]
L1, L3 = "google/gemma-7b-it", "google/gemini-flash-1.5"


@pytest.fixture
def server(upstream):
    provider = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "tests-only"}
    with AuraServer(provider, workers=1) as server:
        yield server


def ask(server, model, is_streamed):
    requests.post(
        f"{server.url}/v1/chat/completions",
        json={"model": model, "messages": MESSAGES, "stream": is_streamed},
        headers={"Authorization": f"Bearer {server.key}"},
        timeout=10,
    ).raise_for_status()


def begun():
    """Begin a rehearsal, as the page does."""
    budget = ModelPreset.objects.get(name="Budget")
    selection = selection_of(budget)
    chosen = choose(selection, 20, "")
    user = User.objects.get(username="admin")
    rehearsal = running.begin(
        budget, selection, chosen, layer="", cap_usd=1.0, user=user
    )
    tasks.enqueue(rehearsal)
    return rehearsal


def test_nothing_by_default_then_sealed_then_rehearsed_once_each(
    server, upstream, settings, django_db_blocker
):
    ask(server, "aura/l3", False), ask(server, "aura/l1", True)
    server.stop()
    assert files_with(server.data, CANARY) == []

    server.environment["AURA_KEEP_PROMPTS"] = "on"
    server.start()
    ask(server, "aura/l3", False), ask(server, "aura/l1", True)
    settings.AURA_DATA_DIR = server.data
    with django_db_blocker.unblock(), own_database("", server.data):
        wait_until(lambda: KeptExchange.objects.count() == 2, "both to be kept", 20)

        upstream.script(L3, stall=True, times=1)
        rehearsal = begun()
        answered = rehearsal.exchanges.filter(state="answered")
        with server.background_tasks("--interval=0.2"):
            wait_until(
                lambda: answered.exists() and asked(upstream, L3),
                "one to be answered",
                20,
            )
        assert answered.count() == 1
        Rehearsal.objects.update(leased_until=timezone.now())
        Schedule.objects.update(due_at=timezone.now())
        connection.close()
        watch_it_end(server, rehearsal.pk)
        assert answered.count() == 2
        assert (asked(upstream, L1), asked(upstream, L3)) == (1, 2)
        connection.close()
    server.stop()
    assert (
        files_with(server.data, CANARY) == files_with(server.data, "says hello") == []
    )


def watch_it_end(server, rehearsal):
    """See in a browser that a page which was opened before another worker goes on shows its
    end and the new exchange, without being loaded again."""
    with chromium() as browser:
        signed_in = sign_in(browser, server)
        with tab(browser, signed_in=signed_in) as opened:
            opened.visit(f"{server.url}/admin/cognition/rehearsal/{rehearsal}/change/")
            opened.page.get_by_text("Asking Budget: 1 of 2.").wait_for()
            with server.background_tasks("--interval=0.2"):
                opened.page.get_by_text("All 2 were asked.").wait_for(timeout=20_000)
            assert opened.page.locator("article").count() == 2
            assert opened.complaints == []


def asked(upstream, model):
    """Return how often a model was asked."""
    bodies = (request.body or {} for request in upstream.requests)
    return sum(body.get("model") == model for body in bodies)
