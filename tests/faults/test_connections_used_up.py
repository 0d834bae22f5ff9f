"""Others hold every connection that PostgreSQL has: workers serve what they have, say so once
in the log, and are back as soon as there is one."""

import contextlib
import time

import psycopg
import pytest
from django.db import connection

from brains import activation, live, watcher
from brains.health import report
from brains.tests.records import ANN, preset
from brains.tests.watching import serves
from brains.watcher import SelectionPart, Watcher
from tests.own_database import own_database
from tests.postgres import PostgresServer
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

REFUSAL = "sorry, too many clients already"


@pytest.fixture
def server(tmp_path, django_db_blocker):
    """A PostgreSQL with few connections and our tables; Budget is live."""
    with (
        PostgresServer(ready=True, max_connections="4") as server,
        django_db_blocker.unblock(),
        own_database(server.migrated("own"), tmp_path),
    ):
        activation.activate(preset("Budget"), ANN)
        yield server


@pytest.fixture
def running(server, tmp_path, monkeypatch):
    """The watcher of this process; it tries again more often than in earnest."""
    monkeypatch.setattr(watcher, "RETRY_S", 0.05)
    running = Watcher([SelectionPart()], tmp_path)
    monkeypatch.setattr(watcher, "_running", running)
    running.start()
    yield running
    running.stop()


def use_up(server, others):
    """Cut every other connection and hold all there are from now on."""
    first = others.enter_context(psycopg.connect(server.url, autocommit=True))
    first.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    while True:
        try:
            others.enter_context(psycopg.connect(server.url))
        except psycopg.OperationalError as error:
            assert REFUSAL in str(error)
            return


@pytest.mark.fault("D3")
def test_workers_serve_what_they_have_and_are_back_when_there_is_a_connection(
    server, running, caplog, measured
):
    wait_until(running.is_connected, "the first look to end")
    connection.close()
    with contextlib.ExitStack() as others:
        use_up(server, others)
        wait_until(lambda: server.log().count(REFUSAL) > 20, "many refusals", 10)
        wait_until(lambda: not running.is_connected(), "the silence", 5)
        assert serves("Budget") and report()["status"] == "degraded"
        tried = server.log().count(REFUSAL)
    began = time.monotonic()
    wait_until(lambda: running.is_connected() and not running.trouble, "a look", 5)
    took_s = time.monotonic() - began

    lines = [r for r in caplog.records if r.name == "brains.watcher"]
    assert [line.levelname for line in lines] == ["WARNING"]
    activation.activate(preset("Hybrid"), ANN)
    wait_until(lambda: live.current().selection.revision == 2, "the change")
    measured(f"{tried} attempts, 1 line; back {took_s:.2f} s after the others left")
