"""Another process keeps the SQLite file locked: reading goes on, a change waits for its turn
and is refused as a whole when that does not come. Ten times as fast as in earnest."""

import contextlib
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection

from brains import activation
from brains.tests.records import ANN, everything, newest, preset
from brains.tests.watching import serves
from tests.faults.admin_pages import LIST, question, text_of
from tests.waiting import wait_until

LOCK = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1], isolation_level=None) as other:
    other.execute("BEGIN IMMEDIATE")
    print("locked", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def locked(folder):
    """Let another process hold the write lock; yields a function that ends it."""
    command = [sys.executable, "-c", LOCK, folder / "aura.sqlite3"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "locked\n"
        try:
            yield other.kill
        finally:
            other.kill()


def wait_at_most(seconds):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")


@pytest.fixture
def budget_is_live(database):
    activation.activate(preset("Budget"), ANN)


@pytest.mark.fault("D10")
@pytest.mark.usefixtures("budget_is_live")
def test_while_another_process_holds_the_lock_pages_are_shown_and_workers_look(
    admin, watch, tmp_path, measured
):
    running = watch()
    wait_until(running.is_connected, "the first look to end")
    with locked(tmp_path):
        began = time.monotonic()
        assert admin.get(LIST).status_code == 200
        took_s = time.monotonic() - began
        assert admin.get("/").status_code == 200
        due = running._flush_at
        wait_until(lambda: running._flush_at > due, "a flush to be tried in vain")
        now = time.monotonic()
        wait_until(lambda: running._answered_at > now, "the next look")
        assert not running.trouble and serves("Budget")
    assert took_s < 1
    measured(f"the list of presets in {1000 * took_s:.0f} ms while locked")


@pytest.mark.fault("D10")
@pytest.mark.usefixtures("budget_is_live")
def test_a_change_that_cannot_be_written_is_refused_with_a_sentence(
    admin, tmp_path, measured
):
    url, sent = question(admin, "Hybrid")
    before = everything()
    with locked(tmp_path):
        wait_at_most(0.3)
        answer = admin.post(url, sent)
        assert everything() == before
    assert answer.status_code == 503
    assert "busy" in text_of(answer) and "nothing was changed" in text_of(answer)
    assert admin.post(url, sent).status_code == 302
    measured("a change past the wait: 503 with a sentence")


@pytest.mark.fault("D10")
@pytest.mark.usefixtures("budget_is_live")
def test_a_change_waits_for_a_lock_that_ends_in_time(admin, tmp_path, measured):
    url, sent = question(admin, "Hybrid")
    wait_s = connection.settings_dict["OPTIONS"]["timeout"]
    assert wait_s > 10
    wait_at_most(wait_s / 10)
    with locked(tmp_path) as end:
        threading.Timer(1.0, end).start()
        began = time.monotonic()
        answer = admin.post(url, sent)
        took_s = time.monotonic() - began
    assert answer.status_code == 302
    assert newest().preset_name == "Hybrid"
    measured(f"locked for 1 s of at most {wait_s / 10} s: done after {took_s:.1f} s")
