"""The watcher keeps what a process holds in memory equal to the database."""

import time

import pytest
from django.db.models import F

from brains import activation, live, watcher
from brains.models import Activation, ChangeCounter, Worker
from brains.tests.records import ANN, preset
from brains.tests.watching import Part, change_elsewhere, serves
from brains.watcher import SelectionPart, Watcher
from tests.waiting import wait_until


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

    activation.activate(preset("Budget"), ANN)

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
        "database. It is tried again."
    ]


def test_a_copy_is_written_as_soon_as_the_disk_takes_it(watch, tmp_path, warnings):
    folder = tmp_path / "full"
    change_elsewhere("Budget")
    running = watch(Part(), folder=folder)
    wait_until(running.is_connected, "the first look to end")
    folder.mkdir()
    wait_until(lambda: copies(folder), "the copy")
    assert len(warnings()) == 1  # not one for each try


def test_a_state_restored_under_the_same_number_is_seen(watch):
    change_elsewhere("Budget")
    watch()
    assert serves("Budget")

    change_elsewhere("Hybrid")
    ChangeCounter.objects.update(value=F("value") - 1, token="another backup")

    wait_until(lambda: serves("Hybrid"), "the restored state")


def test_every_change_has_a_token_of_its_own(watch):
    watch()
    activation.activate(preset("Budget"), ANN)
    first = ChangeCounter.objects.get().token
    activation.activate(preset("Hybrid"), ANN)

    assert first and ChangeCounter.objects.get().token not in ("", first)


@pytest.mark.parametrize("may_be_stale", [True, False])
def test_a_copy_that_cannot_be_replaced_stays_only_where_an_old_one_is_better(
    watch, tmp_path, monkeypatch, may_be_stale
):
    part = Part()
    part.may_be_stale = may_be_stale
    watch(part)
    wait_until(lambda: copies(tmp_path), "the first copy")

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(watcher, "write_copy", full)
    change_elsewhere("Budget")
    wait_until(lambda: len(part.installed) > 1, "the change")
    wait_until(lambda: bool(copies(tmp_path)) is may_be_stale, "the copy's fate")


def copies(folder):
    return list(folder.glob("last-good-number-*.json"))


def test_what_is_to_be_told_is_told_with_each_flush(database, tmp_path, monkeypatch):
    monkeypatch.setattr(watcher, "POLL_S", 0.01)
    monkeypatch.setattr(watcher, "FLUSH_S", 0.03)
    told: list[int] = []
    running = Watcher((Part(),), tmp_path, [lambda: told.append(1)])

    running.start()
    wait_until(lambda: len(told) >= 2, "two flushes")
    running.stop()


def test_looks_begin_at_an_even_pace_however_much_one_had_to_write():
    assert watcher.pause_s(True, 0.0) == watcher.POLL_S
    assert watcher.pause_s(True, 0.15) == pytest.approx(0.05)
    assert watcher.pause_s(True, 4.0) == watcher.POLL_MIN_S
    assert watcher.pause_s(False, 4.0) == watcher.RETRY_S
