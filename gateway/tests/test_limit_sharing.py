"""A thread of each worker shares what keys used, and nothing waits for it: neither while the
database is away, nor while it is slow."""

import logging
import sqlite3
import threading
import time
from contextlib import contextmanager

import psutil
import pytest
from django.db import connection
from django.db.models import Sum

from gateway.limits import sharing as limit_sharing
from gateway.limits.key_limits import KeyLimits
from gateway.limits.models import KeyUsage
from gateway.limits.sharing import LimitSharing
from gateway.limits.windows import DAY, SECOND
from gateway.tests.limited_keys import admitted, headers_of, limited, refusal
from tests.own_database import own_database
from tests.postgres import PostgresServer
from tests.waiting import wait_until

pytest_plugins = ("gateway.tests.call_databases",)

KEY = limited(requests_per_minute=100, usd_per_day=5.0)


@pytest.fixture
def worker(monkeypatch):
    """Return a function that makes what one worker has; its thread ends with the test."""
    monkeypatch.setattr(limit_sharing, "RETRY_S", 0.05)
    made = []

    def make(*keys):
        limits = KeyLimits()
        limits.follow({key.id: key.limits for key in keys})
        made.append(LimitSharing(limits))
        return limits, made[-1]

    yield make
    for sharing in made:
        sharing.stop()


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="gateway")
    return lambda: [line for line in caplog.messages if "keys" in line]


@contextmanager
def locked(path):
    """Hold SQLite's lock for writing, as somebody's long transaction does."""
    other = sqlite3.connect(path / "aura.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def open_databases():
    files = psutil.Process().open_files()
    return [file for file in files if file.path.endswith("aura.sqlite3")]


def total(field, kind=SECOND):
    return KeyUsage.objects.filter(kind=kind).aggregate(s=Sum(field))["s"] or 0


def left(limits):
    """Ask once and return how many requests are left."""
    return int(headers_of(limits.admit(KEY))["x-ratelimit-remaining-requests"])


def spend(limits, times, usd=0.0):
    for _ in range(times):
        assert refusal(limits, KEY) is None
        limits.charge(KEY, 0, usd)


def test_what_one_worker_used_others_know_a_second_later(calls_database, worker):
    KeyUsage.objects.all().delete()
    (one, one_s), (two, two_s) = worker(KEY), worker(KEY)
    one_s.start(), two_s.start()
    spend(one, 60)
    wait_until(lambda: total("requests") == 60, "the rows", 3)
    wait_until(lambda: left(two) < 40, "what the other used", 3, every_s=0.1)
    assert admitted(two, KEY, 100) < 40


def test_start_returns_when_it_knows_what_was_used(own_sqlite, worker):
    one, one_s = worker(KEY)
    one_s.start()
    spend(one, 99, 0.01)
    one_s.stop()
    two, two_s = worker(KEY)
    two_s.start(wait_s=5)
    assert admitted(two, KEY, 5) == 1


def test_stop_shares_what_is_left(own_sqlite, worker):
    limits, sharing = worker(KEY)
    sharing.start()
    spend(limits, 3, 0.5)
    sharing.stop()
    assert total("requests") == 3 and total("cost_usd", DAY) == 1.5


def test_thread_is_started_once(own_sqlite, worker):
    _, sharing = worker(KEY)
    sharing.start(), sharing.start()
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("limit sharing") == 1


def test_stop_before_any_start_is_fine(worker):
    worker()[1].stop()


def test_nothing_is_asked_while_nothing_is_used(own_sqlite, worker, monkeypatch):
    asked = threading.Event()
    monkeypatch.setattr(limit_sharing, "EVERY_S", 0.01)
    monkeypatch.setattr(limit_sharing, "trade", lambda exchange: asked.set())
    _, sharing = worker()
    sharing.start()
    assert not asked.wait(0.1)


def test_idle_thread_gives_its_connection_back(own_sqlite, worker, monkeypatch):
    monkeypatch.setattr(limit_sharing, "IDLE_S", 0.1)
    monkeypatch.setattr(limit_sharing, "EVERY_S", 0.01)
    limits, sharing = worker(KEY)
    sharing.start()
    spend(limits, 1)
    wait_until(lambda: total("requests") == 1, "the row", 5)
    connection.close()
    wait_until(lambda: not open_databases(), "the file to be closed", 5)


def test_while_the_database_is_away_each_worker_counts_alone(own_sqlite, worker, lines):
    limits, sharing = worker(KEY)
    sharing.start()
    own_sqlite.fail()
    spend(limits, 60, 0.01)
    wait_until(lambda: own_sqlite.refused >= 3, "some tries", 5)
    assert admitted(limits, KEY, 50) == 40
    own_sqlite.mend()
    wait_until(lambda: total("requests") == 100, "what was kept", 5)
    assert float(total("cost_usd", DAY)) == pytest.approx(0.6)
    assert len(lines()) == 1 and "cannot be shared (OperationalError)" in lines()[0]


@pytest.fixture
def own_postgres(tmp_path, django_db_blocker):
    """A server of this test's own, to be killed."""
    with (
        PostgresServer(ready=True) as server,
        django_db_blocker.unblock(),
        own_database(server.migrated("own"), tmp_path),
    ):
        yield server


@pytest.mark.slow
def test_what_was_used_while_postgresql_was_dead_is_told_when_it_is_back(
    own_postgres, worker
):
    limits, sharing = worker(KEY)
    sharing.start()
    spend(limits, 60, 0.01)
    wait_until(lambda: total("requests") == 60, "the rows", 5)
    connection.close()
    own_postgres.kill()
    spend(limits, 20, 0.01)
    assert admitted(limits, KEY, 50) == 20
    own_postgres.start()
    wait_until(lambda: total("requests") == 100, "what was kept", 20)
    assert float(total("cost_usd", DAY)) == pytest.approx(0.8)


def test_database_that_hangs_holds_up_nobody(own_sqlite, worker):
    limits, sharing = worker(KEY)
    own_sqlite.hang()
    began = time.monotonic()
    sharing.start(wait_s=0.05)
    assert admitted(limits, KEY, 150) == 100
    sharing.stop(timeout_s=0.05)
    assert time.monotonic() - began < 3
    own_sqlite.mend()
    wait_until(lambda: total("requests") == 100, "what was kept", 5)


def test_file_that_is_locked_is_tried_again_without_a_word(
    own_sqlite, worker, lines, tmp_path, monkeypatch
):
    monkeypatch.setattr(limit_sharing, "LOCKED_MS", 20)
    limits, sharing = worker(KEY)
    sharing.start()
    with locked(tmp_path):
        spend(limits, 7)
        wait_until(limits.used.is_set, "a try that failed", 5)
        assert admitted(limits, KEY, 150) == 93
    wait_until(lambda: total("requests") == 100, "what was kept", 5)
    assert lines() == []


def test_whatever_goes_wrong_does_not_end_the_thread(
    own_sqlite, worker, lines, monkeypatch
):
    limits, sharing = worker(KEY)
    sharing.start()
    with monkeypatch.context() as broken:
        broken.setattr(limit_sharing, "trade", lambda exchange: 1 / 0)
        spend(limits, 1)
        wait_until(lines, "a line", 5)
    wait_until(lambda: total("requests") == 1, "the row", 5)
    assert lines() == ["What keys have used cannot be shared."]


def test_old_rows_go_now_and_then(own_sqlite, worker):
    KeyUsage.objects.create(key_id=1, kind=SECOND, begins_at=1, writer=1)
    limits, sharing = worker(KEY)
    sharing.start()
    spend(limits, 1)
    wait_until(lambda: total("requests") == 1, "the row", 5)
    wait_until(lambda: not KeyUsage.objects.filter(begins_at=1), "it to go", 5)


def test_replaced_file_is_noticed(own_sqlite, worker, monkeypatch, tmp_path):
    """A backup that is put back: the open file would go on taking rows."""
    monkeypatch.setattr(limit_sharing, "IDLE_S", 0.0)
    monkeypatch.setattr(limit_sharing, "EVERY_S", 0.01)
    limits, sharing = worker(KEY)
    sharing.start()
    spend(limits, 1)
    wait_until(lambda: total("requests") == 1, "the row", 5)
    connection.close()
    copy = tmp_path / "copy"
    with sqlite3.connect(tmp_path / "aura.sqlite3") as old:
        old.execute("VACUUM INTO ?", [str(copy)])
    old.close()
    wait_until(lambda: not limits.used.is_set(), "the thread to rest", 5)
    copy.replace(tmp_path / "aura.sqlite3")
    spend(limits, 1)
    wait_until(lambda: total("requests") == 2, "the row in the new file", 5)
