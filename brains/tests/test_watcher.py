"""The watcher keeps a process equal to the database, and serving while there is none."""

import logging
import shutil
import time

import pytest
from django.db import connection, transaction
from django.db.models import F

from brains import activation, live, watcher
from brains.activation import Author
from brains.disk_copy import write_copy
from brains.models import Activation, ChangeCounter, ModelPreset, Worker
from brains.tests.own_database import own_database
from brains.watcher import SelectionPart, Watcher
from tests.waiting import wait_until

ANN = Author("ann")
QUICK = {
    "POLL_S": 0.01,
    "RETRY_S": 0.02,
    "FLUSH_S": 0.03,
    "SILENT_AFTER_S": 0.2,
    "FIRST_LOAD_S": 2.0,
}


@pytest.fixture
def watch(database, tmp_path, monkeypatch):
    """Return a function that starts a watcher of these parts, stopped after the test."""
    for name, seconds in QUICK.items():
        monkeypatch.setattr(watcher, name, seconds)
    started = []

    def start(*parts, folder=tmp_path):
        started.append(Watcher(parts or (SelectionPart(),), folder))
        started[-1].start()
        return started[-1]

    yield start
    database.mend()
    for each in started:
        each.stop()
        assert not each._thread.is_alive()


@pytest.fixture
def warnings(caplog):
    """Return the warnings and errors of this room so far."""
    caplog.set_level(logging.WARNING, logger="brains")
    return lambda: caplog.messages


class Part:
    """One number that the database is the source of; it can be told to fail."""

    name = "number"

    def __init__(self, **errors):
        self.errors = errors
        self.installed = []
        self.flushed = 0
        self.failed = 0

    def _fail(self, step):
        if error := self.errors.get(step):
            self.failed += 1
            raise error

    def read(self):
        self._fail("read")
        return {"number": ChangeCounter.objects.get().value}

    def install(self, payload, loaded_from):
        self._fail("install")
        self.installed.append((payload["number"], loaded_from))

    def flush(self):
        self.flushed += 1
        self._fail("flush")

    def close(self):
        self._fail("close")


def change_elsewhere(name="Budget"):
    """Activate as another process would: this one's watcher is not told."""
    preset = ModelPreset.objects.get(name=name)
    newest = activation.latest()
    with transaction.atomic():
        Activation.objects.create(
            revision=newest.revision + 1 if newest else 1,
            action=Activation.Action.ACTIVATE,
            preset=preset,
            snapshot={
                "name": name,
                "slug": preset.slug,
                "values": preset.snapshot().values,
            },
            resolved={},
            by_name="bob",
        )
        ChangeCounter.objects.update(value=F("value") + 1)


def serves(preset, loaded_from="database"):
    now = live.current()
    return (now.selection.preset, now.loaded_from) == (preset, loaded_from)


# While all is well.


def test_what_the_database_has_is_loaded_when_start_returns(watch):
    change_elsewhere("Budget")

    running = watch()

    assert serves("Budget")
    wait_until(running.is_connected, "the first look to end")
    assert running.trouble == ""


def test_a_change_by_another_connection_is_seen(watch):
    watch()
    assert serves(None)

    change_elsewhere("Budget")
    wait_until(lambda: serves("Budget"), "the change")
    change_elsewhere("Hybrid")
    wait_until(lambda: serves("Hybrid"), "the next change")

    assert live.current().selection.revision == 2


def test_a_change_by_this_process_is_seen_without_waiting_for_the_next_poll(
    watch, monkeypatch
):
    monkeypatch.setattr(watcher, "POLL_S", 60)
    watch()

    activation.activate(ModelPreset.objects.get(name="Budget"), ANN)

    wait_until(lambda: serves("Budget"), "the change")


def test_nothing_is_loaded_again_while_nothing_changes(watch):
    part = Part()
    watch(part)

    wait_until(lambda: part.flushed > 3, "some flushes")

    assert part.installed == [(0, "database")]


def test_all_parts_are_loaded_at_each_change(watch):
    first, second = Part(), Part()
    second.name = "other"
    watch(first, second)

    change_elsewhere()

    wait_until(lambda: len(second.installed) == 2, "the change")
    assert first.installed == second.installed == [(0, "database"), (1, "database")]


def test_the_worker_s_row_follows_the_revision_and_goes_when_it_stops(watch):
    running = watch()
    wait_until(Worker.objects.exists, "the row")
    assert Worker.objects.get().revision == 0

    change_elsewhere()
    wait_until(lambda: Worker.objects.get().revision == 1, "the row to follow")
    assert Worker.objects.get().digest == live.current().selection.digest

    running.stop()
    assert not Worker.objects.exists()


def test_a_process_has_one_watcher(watch, tmp_path, monkeypatch):
    monkeypatch.setattr(watcher, "_running", None)
    assert watcher.running() is None

    running = watcher.start([SelectionPart()], tmp_path)
    try:
        assert watcher.start([SelectionPart()], tmp_path) is running
        assert watcher.running() is running
    finally:
        running.stop()


@pytest.mark.parametrize("pause", ["POLL_S", "RETRY_S"])
def test_stopping_is_quick_however_long_the_pauses_are(
    watch, database, monkeypatch, pause
):
    monkeypatch.setattr(watcher, pause, 60)
    if pause == "RETRY_S":
        database.fail()
    running = watch()

    began = time.monotonic()
    running.stop()

    assert time.monotonic() - began < 1
    assert not running._thread.is_alive()


def test_stopping_twice_or_before_the_start_does_no_harm(tmp_path, watch):
    Watcher([], tmp_path).stop()
    running = watch()
    running.stop()
    running.stop()


# A start without the database.


def test_without_a_database_the_copy_on_disk_serves(watch, database):
    change_elsewhere("Budget")
    watch().stop()
    live.forget()
    database.fail()

    running = watch()

    assert serves("Budget", "disk")
    assert live.current().selection.revision == 1
    assert not running.is_connected()
    assert "went away" in running.trouble


def test_without_a_database_and_a_copy_the_environment_serves(
    watch, database, settings, warnings
):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "env/one"}
    database.fail()

    watch()

    assert serves(None, "environment")
    assert live.current().selection.choice("l1").value == "env/one"
    assert any("no usable copy on disk" in line for line in warnings())


@pytest.mark.parametrize("content", ["", "{}", '{"format":1,"sha256":""}\n{}'])
def test_a_damaged_copy_is_ignored_with_a_log_line(
    watch, database, tmp_path, warnings, content
):
    (tmp_path / "last-good-selection.json").write_text(content)
    database.fail()

    watch()

    assert serves(None, "default")
    assert any("is damaged" in line for line in warnings())


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"revision": 1, "presets": [{"name": "x", "slug": "x", "values": None}]},
        {"revision": 1, "presets": [], "preset": {"name": "x"}},
    ],
)
def test_a_copy_of_another_shape_is_ignored_with_a_log_line(
    watch, database, tmp_path, warnings, payload
):
    write_copy(tmp_path / "last-good-selection.json", payload)
    database.fail()

    watch()

    assert serves(None, "default")
    assert any("no usable copy on disk" in line for line in warnings())


def test_one_part_without_a_copy_does_not_keep_another_from_its_own(watch, database):
    watch(SelectionPart()).stop()
    live.forget()
    database.fail()
    part = Part()

    watch(part, SelectionPart())

    assert part.installed == []
    assert serves(None, "disk")


def test_start_returns_in_time_when_the_database_hangs(
    watch, database, monkeypatch, tmp_path
):
    change_elsewhere("Budget")
    watch().stop()
    live.forget()
    monkeypatch.setattr(watcher, "FIRST_LOAD_S", 0.1)
    database.hang()

    began = time.monotonic()
    running = watch()

    assert time.monotonic() - began < 1
    assert serves("Budget", "disk")
    assert not running.is_connected()
    assert running.trouble == "The database has not answered yet."

    change_elsewhere("Hybrid")
    database.mend()
    wait_until(lambda: serves("Hybrid"), "the database to be loaded")
    wait_until(running.is_connected, "the look to end")


# The database goes away and comes back.


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
    wait_until(running.is_connected, "the end of the outage")
    assert running.trouble == ""


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


def test_a_database_without_tables_says_what_to_run(
    watch, tmp_path_factory, django_db_blocker
):
    with own_database("", tmp_path_factory.mktemp("empty")):
        running = watch()

        assert "run `python manage.py migrate`" in running.trouble
        running.stop()


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
    wait_until(lambda: not running.is_connected(), "the trouble to be noticed")
    change_elsewhere("Budget")
    wait_until(lambda: serves("Budget"), "the change")
    assert "went away" in running.trouble

    database.mend()
    wait_until(running.is_connected, "the end of the trouble")
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


# Parts and disks that fail.


@pytest.mark.parametrize("step", ["read", "install", "flush"])
def test_a_part_that_fails_does_not_end_the_thread(watch, caplog, step):
    part = Part(**{step: ValueError("a bad row")})
    running = watch(part)
    wait_until(lambda: part.failed > 3, "some polls")
    assert running.trouble == "What changed cannot be loaded: ValueError."

    part.errors = {}
    wait_until(lambda: running.trouble == "", "the part to be mended")

    assert part.installed[-1] == (0, "database")
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert "a bad row" in str(errors[0].exc_info)


def test_a_row_that_cannot_be_understood_leaves_the_last_good_one(watch, caplog):
    change_elsewhere("Budget")
    running = watch()

    Activation.objects.create(
        revision=2, action="activate", snapshot={"new": 1}, resolved={}, by_name="bob"
    )
    ChangeCounter.objects.update(value=F("value") + 1)

    wait_until(lambda: "TypeError" in running.trouble, "the row to be met")
    assert serves("Budget")
    change_elsewhere("Hybrid")
    wait_until(lambda: serves("Hybrid"), "the next good one")


def test_a_copy_that_cannot_be_written_is_a_warning_and_the_change_serves(
    watch, tmp_path, warnings
):
    change_elsewhere("Budget")

    running = watch(folder=tmp_path / "gone")

    assert serves("Budget")
    wait_until(running.is_connected, "the first look to end")
    assert warnings() == [
        "The copy on disk of the selection could not be written (No such file or "
        "directory). Free space or check AURA_DATA_DIR: without it a start needs the "
        "database."
    ]
