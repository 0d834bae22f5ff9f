"""The worker: it runs what is due, outlives its database, and ends what it began."""

import os
import shutil
import signal
import subprocess
import sys

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from gateway.background import tasks
from gateway.background import worker as task_worker
from gateway.background.models import Schedule
from gateway.background.queues import QueueAway
from gateway.background.worker import TaskWorker
from gateway.tests.patient_task import BEGUN, MAY_END, wait_in
from gateway.tests.usage_rows import call, record
from gateway.usage import rollup
from gateway.usage.models import HourlyUsage, RollUpMark
from tests.isolation import plain
from tests.own_database import own_database
from tests.postgres import PostgresServer
from tests.server import ROOT
from tests.waiting import wait_until


@pytest.fixture
def sqlite(migrated_folder, tmp_path, django_db_blocker):
    """A database that other processes can open, and its URL: a worker closes and opens
    connections, which that of the other tests does not bear."""
    shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True)
    with django_db_blocker.unblock(), own_database("", tmp_path):
        yield ""


@pytest.fixture
def worker():
    return TaskWorker(interval_s=0.01)


def test_turn_runs_each_task(worker, sqlite):
    record(call())
    assert worker.turn()
    assert HourlyUsage.objects.get().calls == 1
    paths = DBTaskResult.objects.successful().values_list("task_path", flat=True)
    assert sorted(paths) == [
        "gateway.background.tasks.apply_retention",
        "gateway.background.tasks.refresh_catalogue",
        "gateway.background.tasks.roll_up",
        "gateway.background.tasks.tell_expiry",
    ]


def test_turn_without_anything_due_writes_nothing(worker, sqlite):
    worker.turn()
    with CaptureQueriesContext(connection) as queries:
        worker.turn()
    asked = [query["sql"].partition(" ")[0] for query in queries]
    # SQLite gets its settings with each connection; then: due times (of those that may have
    # nothing to do, whether they have), and the queue.
    assert {word for word in asked if word != "PRAGMA"} == {"SELECT"}


def test_task_that_fails_is_logged_and_ends_nothing(
    worker, sqlite, monkeypatch, caplog
):
    def fail(_):
        raise RuntimeError("no such luck")

    monkeypatch.setattr(rollup, "roll_up", fail)
    assert worker.turn()
    assert "no such luck" in caplog.text
    assert (
        DBTaskResult.objects.failed().get().task_path
        == "gateway.background.tasks.roll_up"
    )
    assert DBTaskResult.objects.successful().count() == 3


def test_roll_up_without_time_goes_on_in_another_task(sqlite, monkeypatch):
    monkeypatch.setattr(tasks, "WITHIN_S", -1)
    monkeypatch.setattr(rollup, "STEP", 1)
    record(call(), call())
    tasks.roll_up.call()
    assert DBTaskResult.objects.get().task_path == "gateway.background.tasks.roll_up"


def test_lost_database_is_said_once_in_a_while_and_waited_for(
    worker, sqlite, monkeypatch, caplog
):
    def fail(*_):
        raise OperationalError("the server\nwent away")

    monkeypatch.setattr(task_worker, "enqueue_due", fail)
    assert not worker.turn() and not worker.turn()
    assert caplog.messages == [
        "Background work waits for the database (OperationalError: the server went away)."
    ]


def test_a_queue_that_does_not_answer_is_waited_for_too(
    worker, sqlite, monkeypatch, caplog
):
    def fail(*_):
        raise QueueAway("Redis does not answer (ConnectionError).")

    monkeypatch.setattr(task_worker, "enqueue_due", fail)
    assert not worker.turn()
    [message] = caplog.messages
    assert message.startswith("Background work waits for the queue (QueueAway: Redis")


@pytest.fixture
def start(tmp_path, django_db_blocker):
    """Return a function that starts a worker on a new database, which the test has too."""
    started = []

    def start_on(url: str) -> "subprocess.Popen[bytes]":
        environment = plain(os.environ) | {
            "AURA_DATA_DIR": str(tmp_path),
            "AURA_ENV_FILE": str(tmp_path / ".env"),
            "DATABASE_URL": url,
        }
        command = [sys.executable, "manage.py", "run_tasks", "--interval=0.05"]
        with (tmp_path / "log").open("ab") as log:
            started.append(
                subprocess.Popen(
                    command, cwd=ROOT, env=environment, stdout=log, stderr=log
                )
            )
        return started[-1]

    yield start_on
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def mortal():
    """A server of PostgreSQL that the test may kill."""
    with PostgresServer(ready=True) as server:
        yield server


@pytest.fixture
def url(mortal, tmp_path, django_db_blocker):
    """Its database with our tables, which the test uses too."""
    url = mortal.migrated("own")
    with django_db_blocker.unblock(), own_database(url, tmp_path):
        yield url


def run_to_its_end(folder) -> None:
    """Let a worker run a task, and wait until it has."""
    (folder / BEGUN).unlink(missing_ok=True)
    (folder / MAY_END).touch()
    waiting = wait_in.enqueue(str(folder))
    done = DBTaskResult.objects.successful().filter(pk=waiting.id)
    wait_until(done.exists, "the task to be done", timeout_s=40)


@pytest.mark.slow
def test_workers_on_one_database_run_each_task_once(sqlite, start, tmp_path):
    record(call())
    for _ in range(3):
        start(sqlite)
    wait_until(HourlyUsage.objects.exists, "the roll-up", timeout_s=40)
    for _ in range(3):
        run_to_its_end(tmp_path)
    paths = list(DBTaskResult.objects.values_list("task_path", flat=True))
    assert paths.count("gateway.background.tasks.roll_up") <= 2, (
        "a minute may have passed"
    )
    assert HourlyUsage.objects.get().calls == 1


@pytest.mark.slow
def test_idle_worker_ends_at_once_when_told_to(sqlite, start, tmp_path):
    process = start(sqlite)
    run_to_its_end(tmp_path)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


@pytest.mark.slow
def test_task_that_runs_may_end_when_the_worker_is_told_to(sqlite, start, tmp_path):
    process = start(sqlite)
    waiting = wait_in.enqueue(str(tmp_path))
    wait_until((tmp_path / BEGUN).exists, "the task to begin", timeout_s=40)
    process.send_signal(signal.SIGTERM)
    (tmp_path / MAY_END).touch()
    assert process.wait(30) == 0
    assert DBTaskResult.objects.get(pk=waiting.id).status == "SUCCESSFUL"


@pytest.mark.slow
@pytest.mark.fault("D1")
def test_worker_outlives_a_database_that_is_killed(
    mortal, url, start, tmp_path, measured
):
    process = start(url)
    run_to_its_end(tmp_path)
    connection.close()
    mortal.kill()
    log = tmp_path / "log"
    wait_until(lambda: "waits for the database" in log.read_text(), "it to notice", 20)
    assert process.poll() is None
    mortal.start()
    record(call())
    run_to_its_end(tmp_path)
    assert process.poll() is None
    measured("the worker of background tasks went on by itself, in the same process")


@pytest.mark.slow
def test_roll_up_whose_worker_is_killed_counts_each_call_once(url, start):
    record(call())
    rollup.mark()
    with transaction.atomic():
        RollUpMark.objects.select_for_update().get()
        process = start(url)
        wait_until(waits_for_a_lock, "the roll-up to come to the lock", timeout_s=40)
        process.kill()
        process.wait()
    Schedule.objects.update(due_at=timezone.now())
    start(url)
    wait_until(HourlyUsage.objects.exists, "another worker to roll up", timeout_s=40)
    assert HourlyUsage.objects.get().calls == 1


def waits_for_a_lock() -> bool:
    """Say whether somebody waits for what another transaction has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None
