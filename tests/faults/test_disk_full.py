"""The disk with the database and the copies on it is full, for real: what is loaded serves,
a change is refused as a whole, and freed space is used without a restart."""

import shutil

import pytest
from django.db import connection

from brains import activation, watcher
from brains.health import report
from brains.tests.records import ANN, everything, preset
from brains.tests.watching import serves
from tests.faults.admin_pages import LIST, question, text_of
from tests.own_database import own_database
from tests.waiting import wait_until


@pytest.fixture
def database(disk, migrated_folder, django_db_blocker):
    """The database of these tests, on that disk."""
    shutil.copytree(migrated_folder, disk.folder, dirs_exist_ok=True)
    with django_db_blocker.unblock(), own_database("", disk.folder) as own:
        activation.activate(preset("Budget"), ANN)
        yield own


@pytest.fixture
def running(watch, disk, monkeypatch):
    """The watcher of this process, as a worker has it."""
    running = watch(folder=disk.folder)
    monkeypatch.setattr(watcher, "_running", running)
    wait_until(running.is_connected, "the first look to end")
    return running


@pytest.mark.fault("D11")
def test_a_change_is_refused_as_a_whole_and_done_once_there_is_room(
    admin, disk, running, measured
):
    url, sent = question(admin, "Hybrid")
    before = everything()
    disk.fill()

    answer = admin.post(url, sent)

    assert answer.status_code == 503 and "nothing was changed" in text_of(answer)
    assert everything() == before and serves("Budget")
    assert admin.get(LIST).status_code == 200
    disk.free()
    assert admin.post(url, sent).status_code == 302
    wait_until(lambda: serves("Hybrid"), "the change to be served")
    measured("2 MB full: a change 503, nothing of it kept; freed: done at once")


@pytest.mark.fault("D11")
def test_a_file_that_cannot_even_be_opened_is_said_and_what_is_loaded_serves(
    admin, disk, running, measured
):
    # SQLite gives room back when nobody has the file open, and needs it to open it again.
    connection.close()
    wait_until(lambda: disk.fill() or "I/O" in running.trouble, "the room to be gone")

    assert serves("Budget") and report()["status"] == "degraded"
    assert admin.get("/").status_code == 200
    answer = admin.get(LIST)
    assert answer.status_code == 503 and "nothing was changed" in text_of(answer)
    disk.free()
    wait_until(lambda: not running.trouble, "all to be well")
    assert admin.get(LIST).status_code == 200
    measured("no room to open it: the status page from memory, the admin 503")
