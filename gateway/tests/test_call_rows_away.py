"""While the database is away calls wait on disk, for whatever reason it is, and are on record
once it is back."""

import logging
import shutil
import sqlite3
import time

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from gateway.records import replay
from gateway.records import rows as call_rows
from gateway.records.models import CallRecord
from gateway.tests.recording import TABLE, batch, ids, on_record, spool_files
from tests.own_database import own_database
from tests.postgres import PostgresServer
from tests.waiting import wait_until

pytest_plugins = ("gateway.tests.call_databases",)


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="gateway")
    return lambda: [line for line in caplog.messages if "call" in line]


def test_calls_wait_on_disk_while_sqlite_is_locked(own_sqlite, rows, tmp_path, lines):
    other = sqlite3.connect(tmp_path / "aura.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer, first, second = rows(), batch(3), batch(2)

    writer.write(first)
    writer.write(second)

    assert writer.spooled == 5 and len(spool_files(tmp_path)) == 1
    assert len(lines()) == 1 and "takes no calls: OperationalError" in lines()[0]
    other.execute("ROLLBACK")
    other.close()
    wait_until(lambda: writer.spooled == 0, "the calls to be put back")
    assert on_record() == ids(first + second) and writer.dropped == 0
    wait_until(lambda: not spool_files(tmp_path), "the file to go")
    writer.write(third := batch(1))
    assert on_record() == ids(first + second + third)


@pytest.mark.fault("D10")
def test_a_locked_database_costs_the_recorder_less_than_a_second(
    own_sqlite, rows, tmp_path, measured
):
    other = sqlite3.connect(tmp_path / "aura.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer = rows()

    began = time.monotonic()
    writer.write(batch(1))
    took_s = time.monotonic() - began

    assert took_s < 5  # Django's own patience is 15 s
    other.close()
    wait_until(lambda: writer.spooled == 0, "the call to be put back")
    measured(
        f"locked: the call waits on disk after {took_s:.1f} s, on record when free"
    )


@pytest.mark.fault("D12")
def test_calls_wait_until_the_tables_are_there(
    tmp_path, django_db_blocker, rows, measured
):
    with django_db_blocker.unblock(), own_database("", tmp_path):
        writer, calls = rows(), batch(3)

        writer.write(calls)

        assert writer.spooled == 3
        call_command("migrate", verbosity=0)
        wait_until(lambda: writer.spooled == 0, "the calls to be put back")
        assert on_record() == ids(calls)
        writer.close()
        measured("no tables: calls wait on disk; migrated: on record, each once")


def test_a_database_file_that_is_replaced_gets_the_calls_from_then_on(
    own_sqlite, rows, tmp_path, migrated_folder
):
    writer = rows()
    writer.write(batch(2))
    for file in tmp_path.glob("aura.sqlite3*"):
        file.unlink()
    shutil.copy(migrated_folder / "aura.sqlite3", tmp_path)

    writer.write(calls := batch(2))

    connection.close()
    assert on_record() == ids(calls)


def test_a_table_that_has_changed_keeps_calls_on_disk_and_loses_none(
    own_sqlite, rows, tmp_path
):
    with sqlite3.connect(tmp_path / "aura.sqlite3") as other:
        other.execute(f"ALTER TABLE {TABLE} ADD COLUMN new text NOT NULL DEFAULT ''")
        other.execute(f"CREATE TABLE copy AS SELECT * FROM {TABLE}")
        other.execute(
            f"CREATE TRIGGER strict BEFORE INSERT ON {TABLE} "
            "BEGIN SELECT RAISE(ABORT, 'NOT NULL constraint failed'); END"
        )
    writer = rows()

    writer.write(calls := batch(3))

    assert writer.spooled == 3 and writer.dropped == 0
    with sqlite3.connect(tmp_path / "aura.sqlite3") as other:
        other.execute("DROP TRIGGER strict")
    wait_until(lambda: writer.spooled == 0, "the calls to be put back")
    assert on_record() == ids(calls)


# PostgreSQL, for real.


@pytest.fixture(scope="module")
def own_server():
    with PostgresServer(ready=True) as server:
        yield server


@pytest.fixture(scope="module")
def url(own_server):
    """Its database with our tables."""
    return own_server.migrated("calls")


@pytest.fixture
def server(own_server, url, tmp_path, django_db_blocker, monkeypatch):
    """A server of this module's own, with our tables and no call."""
    monkeypatch.setattr(replay, "PATIENCE_S", 1.0)
    own_server.start()
    with django_db_blocker.unblock(), own_database(url, tmp_path):
        CallRecord.objects.all().delete()
        yield own_server
        own_server.resume()


@pytest.mark.slow
@pytest.mark.fault("D1")
def test_no_call_is_lost_while_postgresql_is_killed_and_back(server, rows, measured):
    writer, calls = rows(), batch(50)
    writer.write(calls[:10])
    server.kill()

    for begin in range(10, 50, 10):
        writer.write(calls[begin : begin + 10])
    assert writer.spooled == 40

    server.start()
    connection.close()
    took_s = wait_until(lambda: writer.spooled == 0, "the calls to be put back", 15)
    assert on_record() == ids(calls) and writer.dropped == 0
    measured(
        f"killed: 40 of 50 calls on disk; {took_s:.1f} s after its return all in rows"
    )


@pytest.mark.slow
@pytest.mark.fault("D2")
def test_a_postgresql_that_is_stopped_holds_the_recorder_up_once(
    server, rows, measured
):
    writer, calls = rows(), batch(50)
    writer.write(calls[:10])
    server.suspend()

    began = time.monotonic()
    writer.write(calls[10:20])
    first_s = time.monotonic() - began
    began = time.monotonic()
    for begin in range(20, 50, 10):
        writer.write(calls[begin : begin + 10])
    rest_s = time.monotonic() - began

    assert writer.spooled == 40
    assert call_rows.PATIENCE_S <= first_s < 5 and rest_s < 1
    server.resume()
    connection.close()
    wait_until(lambda: writer.spooled == 0, "the calls to be put back", 15)
    assert on_record() == ids(calls) and writer.dropped == 0
    measured(
        f"stopped: one batch waits {first_s:.1f} s, the next {rest_s * 333:.0f} ms; none lost"
    )


@pytest.mark.slow
def test_whoever_locks_the_table_in_postgresql_is_not_waited_for(server, url, rows):
    writer, calls = rows(), batch(3)
    with psycopg.connect(url) as other:
        other.execute(f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE")

        writer.write(calls)

        assert writer.spooled == 3
        with psycopg.connect(url) as third:
            waiting = third.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            assert waiting.rowcount == 0
    wait_until(lambda: writer.spooled == 0, "the calls to be put back", 15)
    assert on_record() == ids(calls)
