"""A change on trial goes back on time, although the server was restarted meanwhile."""

import secrets
import time

import pytest
import requests

from tests.server import AuraServer
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("kind", ["sqlite", "postgres"])]

TRIAL_S = 18.0
# The watcher looks every 200 ms; a worker that has just started needs a moment more.
LATE_S = 2.0
ACTIVATE = f"""
from datetime import timedelta
from brains import activation
activation.activate(activation.find_preset("Budget"), activation.Author("ann"),
                    trial=timedelta(seconds={TRIAL_S}))
"""


@pytest.fixture
def server(kind, request):
    environment = {}
    if kind == "postgres":
        postgres = request.getfixturevalue("postgres")
        name = f"trial_{secrets.token_hex(4)}"
        environment["DATABASE_URL"] = postgres.begun(name)
    with AuraServer(environment, is_set_up=kind == "postgres") as server:
        yield server


def preset(server):
    return requests.get(f"{server.url}/health", timeout=5).json()["preset"]


def test_an_unconfirmed_change_goes_back_on_time_after_a_restart(server):
    server.manage("activate_preset", "Default")
    before = time.monotonic()
    server.manage("shell", "--command", ACTIVATE)
    began = time.monotonic()
    wait_until(lambda: preset(server) == "Budget", "Budget", 5)
    server.restart()
    assert preset(server) == "Budget"
    left_s = TRIAL_S - (time.monotonic() - began)
    assert left_s > 0, "the restart took longer than the trial"
    wait_until(lambda: preset(server) == "Default", "Default", left_s + LATE_S)
    assert time.monotonic() - before > TRIAL_S - 0.5
