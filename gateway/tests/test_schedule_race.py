"""Workers that look at the schedule at the same time: each task is enqueued once."""

import shutil
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django_tasks_db.models import DBTaskResult

from gateway.background import tasks
from gateway.background.schedule import Recurring, enqueue_due
from tests.own_database import own_database

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ONE = [Recurring(tasks.roll_up, MINUTE)]
WORKERS = 8
pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", "postgresql"])
def own(request, tmp_path, django_db_blocker):
    """A database that threads can write to, which that of the other tests is not."""
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").migrated("schedule")
    else:
        migrated = request.getfixturevalue("migrated_folder")
        shutil.copytree(migrated, tmp_path, dirs_exist_ok=True)
    with django_db_blocker.unblock(), own_database(url, tmp_path):
        yield


def test_workers_that_look_at_the_same_time_enqueue_it_once(own):
    for number in range(5):  # its first time, and later ones
        moment = NOW + number * MINUTE
        together = threading.Barrier(WORKERS)

        def look(moment=moment, together=together):
            together.wait()
            enqueue_due(ONE, moment)
            connection.close()

        threads = [threading.Thread(target=look) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert DBTaskResult.objects.count() == number + 1
