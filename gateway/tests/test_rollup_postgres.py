"""PostgreSQL gives ids before the commit: a call may appear after one with a higher id."""

import secrets
import threading

import pytest
from django.db import connection, transaction

from gateway.tests.usage_rows import call, record
from gateway.usage import rollup
from gateway.usage.models import HourlyUsage
from gateway.usage.rollup import roll_up
from tests.own_database import own_database

pytestmark = pytest.mark.slow


class Writer(threading.Thread):
    """Another worker: it inserts a call at once, and commits it when told to."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.has_inserted, self.may_commit = threading.Event(), threading.Event()

    def run(self) -> None:
        with transaction.atomic():
            record(call(1))
            self.has_inserted.set()
            self.may_commit.wait(10)
        connection.close()

    def commit(self) -> None:
        self.may_commit.set()
        self.join()


@pytest.fixture
def writer(postgres, tmp_path, django_db_blocker):
    url = postgres.migrated(f"rollup_{secrets.token_hex(4)}")
    with django_db_blocker.unblock(), own_database(url, tmp_path):
        writer = Writer()
        writer.start()
        assert writer.has_inserted.wait(5)
        yield writer
        writer.commit()


def test_call_committed_after_one_with_a_higher_id_is_not_lost(writer, monkeypatch):
    record(call(2))
    look = rollup._writers

    def look_then_commit():
        seen = look()
        writer.commit()
        return seen

    monkeypatch.setattr(rollup, "_writers", look_then_commit)
    assert roll_up(5)
    assert HourlyUsage.objects.get().calls == 2


def test_transaction_that_stays_open_is_not_waited_for_long(
    writer, monkeypatch, caplog
):
    monkeypatch.setattr(rollup, "WRITERS_S", 0.1)
    record(call(2))
    assert roll_up(5)
    assert "stays open" in caplog.text and not HourlyUsage.objects.exists()
    writer.commit()
    roll_up(5)
    assert HourlyUsage.objects.get().calls == 2
