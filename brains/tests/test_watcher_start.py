"""A process starts without its database: from the copy on disk, or the environment."""

import time

import pytest
from django.db import connection

from brains import live, watcher
from brains.disk_copy import copy_path, write_copy
from brains.tests.watching import Part, change_elsewhere, serves
from brains.watcher import SelectionPart
from tests.waiting import wait_until


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
    (copy_path(tmp_path, "selection")).write_text(content)
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
    write_copy(copy_path(tmp_path, "selection"), payload)
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


@pytest.mark.parametrize("part", ["HOST", "PORT", "NAME"])
def test_each_database_has_a_copy_of_its_own(tmp_path, monkeypatch, part):
    ours = copy_path(tmp_path, "selection")
    monkeypatch.setitem(connection.settings_dict, part, "another")

    assert copy_path(tmp_path, "selection") != ours
