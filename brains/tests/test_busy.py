"""A change that meets another one's lock waits for it, but not for ever, and says so."""

import sqlite3

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError, connection

from brains import activation, ledger
from brains.busy import is_busy
from brains.tests.records import ANN, everything, preset, revisions
from tests.own_database import own_database


@pytest.fixture
def locked(database, tmp_path):
    """SQLite, held by another process's change; nobody waits long for it here."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(tmp_path / "aura.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_a_change_that_waited_too_long_is_told_from_an_outage(locked):
    before = everything()

    with pytest.raises(OperationalError) as given_up:
        activation.activate(preset("Budget"), ANN)

    assert is_busy(given_up.value)
    assert everything() == before
    locked.execute("ROLLBACK")
    assert activation.activate(preset("Budget"), ANN).changed


@pytest.mark.usefixtures("locked")
def test_a_command_says_that_another_change_holds_the_database():
    with pytest.raises(CommandError, match="Another change held the database"):
        call_command("activate_preset", "Budget")


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("no such table: brains_modelpreset"),
        OperationalError("the connection is closed"),
        DatabaseError("file is not a database"),
    ],
)
def test_other_failures_are_not_taken_for_it(error):
    assert not is_busy(error)


@pytest.fixture
def held(postgres, tmp_path, django_db_blocker, monkeypatch):
    """PostgreSQL, its counter locked by another process; it is waited for 200 ms."""
    assert ledger.LOCK_TIMEOUT_MS == 10_000
    monkeypatch.setattr(ledger, "LOCK_TIMEOUT_MS", 200)
    url = postgres.migrated("busy")
    with (
        django_db_blocker.unblock(),
        own_database(url, tmp_path),
        psycopg.connect(url) as other,
    ):
        other.execute("SELECT * FROM brains_changecounter FOR UPDATE")
        yield other


@pytest.mark.slow
def test_postgresql_is_not_waited_for_for_ever(held):
    with pytest.raises(OperationalError) as given_up:
        activation.activate(preset("Budget"), ANN)

    assert is_busy(given_up.value)
    assert revisions() == []
    held.rollback()
    assert activation.activate(preset("Budget"), ANN).changed
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",), "it is for the change alone"
