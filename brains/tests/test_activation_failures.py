"""When the database fails, is locked or full, a change is refused as a whole."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from brains import activation, live
from brains.models import ModelPreset
from brains.tests.records import ANN, everything, newest, preset


class Failing:
    """Lets `good` statements through to the database and refuses the one after."""

    def __init__(self, good):
        self.left = good

    def __call__(self, execute, sql, params, many, context):
        self.left -= 1
        if self.left == -1:
            raise OperationalError("the server went away")
        return execute(sql, params, many, context)


def edited():
    budget = preset("Budget")
    budget.l1_model = "new/model"
    return budget


CHANGES = {
    "activate": lambda: activation.activate(preset("Hybrid"), ANN),
    "deactivate": lambda: activation.deactivate(ANN),
    "edit": lambda: activation.save_preset(edited(), ANN, opened_at=None),
    "roll back": lambda: activation.roll_back(1, ANN),
    "confirm": lambda: activation.confirm(ANN),
    "end trial": lambda: activation.end_trial(timezone.now() + timedelta(hours=1)),
    "delete": lambda: activation.delete_presets(
        ModelPreset.objects.filter(name="Performance")
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_failure_at_any_step_leaves_everything_as_it_was(
    budget, change, django_capture_on_commit_callbacks
):
    activation.activate(preset("Default"), ANN)
    activation.activate(budget, ANN, trial=timedelta(minutes=5))
    activation.delete_presets([preset("Default")])
    before = everything()

    for good in range(100):
        failing = Failing(good)
        with django_capture_on_commit_callbacks() as callbacks:
            try:
                with connection.execute_wrapper(failing):
                    change()
            except OperationalError:
                assert everything() == before
                assert callbacks == []
                continue
        break

    assert good >= 5
    assert everything() != before
    assert len(callbacks) == 1


@pytest.mark.django_db
def test_a_change_inside_a_transaction_that_fails_later_leaves_everything_as_it_was(
    budget, django_capture_on_commit_callbacks
):
    before = everything()

    with (
        django_capture_on_commit_callbacks() as callbacks,
        pytest.raises(RuntimeError),
        transaction.atomic(),
    ):
        activation.activate(budget, ANN)
        raise RuntimeError

    assert everything() == before
    assert callbacks == []


# A file of its own, which other processes and the disk may fail.


@pytest.fixture
def presets(database):
    """The two presets that these tests activate in turn; the first is live."""
    both = [preset("Budget"), preset("Hybrid")]
    activation.activate(both[0], ANN)
    live.changed.clear()
    return both


def pragma(statement):
    with connection.cursor() as cursor:
        return cursor.execute(f"PRAGMA {statement}").fetchone()


def test_a_commit_that_fails_leaves_everything_as_it_was(presets, monkeypatch):
    before = everything()

    def fail():
        raise OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(connections["default"], "_commit", fail)
        with pytest.raises(OperationalError, match="disk I/O error"):
            activation.activate(presets[1], ANN)

    assert everything() == before
    assert not live.changed.is_set()
    assert activation.activate(presets[1], ANN).activation == activation.latest()
    assert live.changed.is_set()


def test_a_database_that_another_process_has_locked_is_read_but_not_changed(
    presets, tmp_path
):
    before = everything()
    pragma("busy_timeout = 50")
    with closing(sqlite3.connect(tmp_path / "aura.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(OperationalError, match="locked"):
            activation.activate(presets[1], ANN)

        assert everything() == before
        assert live.load().selection.preset == "Budget"

    assert activation.activate(presets[1], ANN).changed


def test_a_full_disk_refuses_a_change_as_a_whole_and_recovers(presets):
    pragma(f"max_page_count = {pragma('page_count')[0]}")
    before = everything()
    with pytest.raises(OperationalError, match="full"):
        for turn in range(1000):
            before = everything()
            activation.activate(presets[(turn + 1) % 2], ANN)

    assert everything() == before
    assert live.load().selection.revision == len(before[0])

    pragma("max_page_count = 100000")
    other = presets[newest().preset_name == "Budget"]
    assert activation.activate(other, ANN).changed
