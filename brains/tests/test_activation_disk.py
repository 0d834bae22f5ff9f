"""A database that is locked, full, or fails at the commit refuses a change as a whole."""

import sqlite3
from contextlib import closing

import pytest
from django.db import OperationalError, connection, connections

from brains import activation, live
from brains.activation import Author
from brains.models import Activation, ChangeCounter, ModelPreset

ANN = Author("ann")

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def presets():
    """The two presets that these tests activate in turn; the first is live."""
    both = [ModelPreset.objects.get(name=name) for name in ("Budget", "Hybrid")]
    activation.activate(both[0], ANN)
    live.changed.clear()
    return both


def pragma(statement):
    with connection.cursor() as cursor:
        return cursor.execute(f"PRAGMA {statement}").fetchone()


def everything():
    return (
        list(Activation.objects.order_by("pk").values()),
        list(ModelPreset.objects.order_by("pk").values()),
        list(ChangeCounter.objects.values()),
    )


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
    newest = activation.latest()
    assert newest is not None
    other = presets[newest.preset_name == presets[0].name]
    assert activation.activate(other, ANN).changed
