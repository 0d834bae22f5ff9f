"""Aura under gunicorn starts, reports its workers, comes back and leaves nothing."""

import os
import signal

import psutil
import pytest
import requests

from tests.server import AuraServer
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    with AuraServer(workers=2) as server:
        yield server


def is_alive(server):
    return requests.get(f"{server.url}/health/live", timeout=5).ok


def test_server_answers_and_knows_its_key(server):
    assert is_alive(server)
    models = requests.get(
        f"{server.url}/v1/models",
        headers={"Authorization": f"Bearer {server.key}"},
        timeout=5,
    )
    assert models.status_code == 200, models.text


def test_commands_see_the_data_of_the_server(server):
    assert str(server.data) in server.manage(
        "shell", "-c", "from django.conf import settings; print(settings.AURA_DATA_DIR)"
    )
    with pytest.raises(RuntimeError, match="Unknown command"):
        server.manage("no_such_command")


def test_killed_worker_is_replaced(server):
    first, second = server.worker_pids()
    os.kill(first, signal.SIGKILL)
    wait_until(
        lambda: first not in server.worker_pids() and len(server.worker_pids()) == 2,
        "a new worker",
    )
    assert second in server.worker_pids()


def test_restarted_server_has_its_data_and_address(server):
    url, before = server.url, server.worker_pids()
    (server.data / "kept").touch()
    server.restart()
    assert server.url == url and is_alive(server)
    assert not set(before) & set(server.worker_pids())
    assert (server.data / "kept").exists()


def test_server_that_cannot_start_says_why():
    with pytest.raises(RuntimeError, match="DATABASE_URL"):
        AuraServer({"DATABASE_URL": "mysql://nowhere/none"}).__enter__()


def test_nothing_is_left_of_a_closed_server():
    with AuraServer(workers=1) as server:
        pids = server.worker_pids()
    assert not any(map(psutil.pid_exists, pids))
    assert not server.data.exists()
