"""While the database is away a process serves its last state, says so, and comes back."""

import logging
import shutil
import time

import pytest
from django.db import connection
from django.db.models import F

from brains import watcher
from brains.models import ChangeCounter, Worker
from brains.tests.watching import change_elsewhere, serves
from tests.own_database import own_database
from tests.waiting import wait_until


def test_while_the_database_is_away_the_last_state_serves_and_then_the_new_one(
    watch, database
):
    change_elsewhere("Budget")
    running = watch()
    wait_until(running.is_connected, "the first look to end")

    database.fail()
    wait_until(lambda: not running.is_connected(), "the outage to be noticed")
    assert serves("Budget")
    assert running.trouble == "The database cannot be used: the server went away."
    change_elsewhere("Hybrid")
    assert serves("Budget")

    database.mend()
    wait_until(lambda: serves("Hybrid"), "the new state")
    wait_until(lambda: running.is_connected() and not running.trouble, "all to be well")


def test_a_database_that_hangs_is_noticed_and_a_stop_does_not_wait_for_it(
    watch, database
):
    running = watch()
    wait_until(running.is_connected, "the first look to end")

    database.hang()
    wait_until(lambda: not running.is_connected(), "the silence to be noticed")
    assert serves(None)

    began = time.monotonic()
    running.stop(timeout_s=0.1)
    assert time.monotonic() - began < 1


def test_an_outage_is_one_line_and_not_one_per_poll(watch, database, warnings):
    running = watch()

    database.fail()
    wait_until(lambda: database.refused > 5, "some polls")
    database.mend()
    wait_until(lambda: running.trouble == "", "the end of the outage")
    database.fail()
    refused = database.refused
    wait_until(lambda: database.refused > refused + 5, "some polls more")

    assert warnings() == [
        "The database cannot be used: the server went away. "
        "What was loaded last goes on serving. (the server went away)"
    ]


def test_a_long_outage_is_logged_again_now_and_then(
    watch, database, warnings, monkeypatch
):
    monkeypatch.setattr(watcher, "LOG_EVERY_S", 0.1)
    watch()

    database.fail()

    wait_until(lambda: len(warnings()) == 2, "the second line")
    assert database.refused > 2


def test_another_state_under_the_same_number_is_loaded_after_an_outage(watch, database):
    change_elsewhere("Budget")
    watch()
    assert serves("Budget")

    database.fail()
    wait_until(lambda: database.refused > 0, "the outage to be noticed")
    change_elsewhere("Hybrid")
    ChangeCounter.objects.update(value=F("value") - 1)
    database.mend()

    wait_until(lambda: serves("Hybrid"), "the other state")


@pytest.mark.fault("D12")
def test_a_database_file_that_is_deleted_is_noticed_and_one_put_back_is_used(
    watch, tmp_path
):
    change_elsewhere("Budget")
    connection.close()
    backup = shutil.copy(tmp_path / "aura.sqlite3", tmp_path / "backup")
    running = watch()
    for file in tmp_path.glob("aura.sqlite3*"):
        file.unlink()

    wait_until(lambda: "lacks tables" in running.trouble, "the loss to be noticed")
    assert serves("Budget")

    for file in tmp_path.glob("aura.sqlite3*"):
        file.unlink()
    shutil.copy(backup, tmp_path / "aura.sqlite3")
    change_elsewhere("Hybrid")
    wait_until(lambda: serves("Hybrid"), "the file that was put back")


@pytest.mark.fault("D12")
def test_a_database_without_tables_says_what_to_run(
    watch, tmp_path_factory, django_db_blocker
):
    with own_database("", tmp_path_factory.mktemp("empty")):
        running = watch()

        assert "run `python manage.py migrate`" in running.trouble
        running.stop()


@pytest.mark.fault("D12")
def test_a_file_that_is_no_database_is_named(watch, tmp_path):
    connection.close()
    for file in tmp_path.glob("aura.sqlite3*"):
        file.unlink()
    (tmp_path / "aura.sqlite3").write_bytes(b"not a database" * 100)

    running = watch()

    assert running.trouble == ("The database cannot be used: file is not a database.")
    assert serves(None, "default")


def test_a_database_that_takes_no_writes_is_read_all_the_same(watch, database):
    running = watch()
    wait_until(running.is_connected, "the first look to end")

    database.fail(only="UPDATE")
    wait_until(lambda: running.trouble, "the trouble to be noticed")
    change_elsewhere("Budget")
    wait_until(lambda: serves("Budget"), "the change")
    assert running.is_connected()
    assert "went away" in running.trouble

    database.mend()
    wait_until(lambda: not running.trouble, "the end of the trouble")
    assert Worker.objects.get().revision == 1


def test_a_stop_while_the_database_is_away_leaves_the_row_to_expire(
    watch, database, caplog
):
    caplog.set_level(logging.INFO, logger="brains")
    running = watch()
    wait_until(Worker.objects.exists, "the row")

    database.fail()
    running.stop()

    assert not running._thread.is_alive()
    assert Worker.objects.exists()
    assert any("row stays until it expires" in line for line in caplog.messages)
