"""A PostgreSQL that is killed or stopped: processes go on, start, end, and come back."""

import logging
import time

import pytest
from django.core.management import call_command
from django.db import connection

from brains import activation, live, watcher
from brains.activation import Author
from brains.models import ModelPreset
from brains.watcher import SelectionPart, Watcher
from tests.own_database import own_database
from tests.postgres import PostgresServer
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path, django_db_blocker):
    """A server of this test's own, with our tables, in use by all threads."""
    with (
        PostgresServer(ready=True) as server,
        django_db_blocker.unblock(),
        own_database(server.migrated("own"), tmp_path),
    ):
        activate("Budget")
        yield server
        server.resume()


@pytest.fixture
def watch(server, tmp_path):
    """Return a function that starts a watcher, as a worker does."""
    started = []

    def start():
        started.append(Watcher([SelectionPart()], tmp_path))
        started[-1].start()
        return started[-1]

    yield start
    server.resume()
    for each in started:
        each.stop()
        assert not each._thread.is_alive()


def activate(name):
    activation.activate(ModelPreset.objects.get(name=name), Author("ann"))


def preset():
    return live.current().selection.preset


@pytest.mark.fault("D1")
def test_a_killed_server_is_outlived_and_found_again(server, watch, caplog, measured):
    caplog.set_level(logging.WARNING, logger="brains")
    running = watch()
    wait_until(running.is_connected, "the first look to end")

    server.kill()
    lost_s = wait_until(
        lambda: not running.is_connected(), "the outage to be noticed", 5
    )
    assert preset() == "Budget"
    assert running.trouble == "The database cannot be used: OperationalError."

    connection.close()
    server.start()
    activate("Hybrid")
    back_s = wait_until(lambda: preset() == "Hybrid", "the change after the outage", 5)
    wait_until(running.is_connected, "the end of the outage", 5)
    measured(f"a worker alone: noticed after {lost_s:.1f} s, back after {back_s:.1f} s")
    assert [r.levelname for r in caplog.records] == ["WARNING"]


@pytest.mark.fault("D2")
def test_a_stopped_server_keeps_no_process_from_going_on_starting_or_ending(
    server, watch
):
    first = watch()
    wait_until(first.is_connected, "the first look to end")
    server.suspend()
    wait_until(lambda: not first.is_connected(), "the silence to be noticed", 5)
    assert preset() == "Budget"

    live.forget()
    began = time.monotonic()
    second = watch()
    assert time.monotonic() - began < watcher.FIRST_LOAD_S + 1
    assert (preset(), live.current().loaded_from) == ("Budget", "disk")

    began = time.monotonic()
    second.stop(timeout_s=0.2)
    assert time.monotonic() - began < 1

    server.resume()
    activate("Hybrid")
    wait_until(lambda: preset() == "Hybrid", "the change after the outage", 5)
    wait_until(first.is_connected, "the end of the outage", 5)


@pytest.mark.fault("D12")
def test_a_server_without_our_tables_says_what_to_run(server, watch):
    call_command("migrate", "brains", "zero", verbosity=0)

    running = watch()

    assert "run `python manage.py migrate`" in running.trouble
