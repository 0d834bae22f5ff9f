"""Processes that record calls are killed, at any moment: each call they took is on record once."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from gateway.records.models import CallRecord
from gateway.tests.recording import (
    TABLE,
    batch,
    ids,
    left_behind,
    lines_of,
    on_record,
    spool_files,
)
from tests.isolation import plain
from tests.waiting import wait_until

pytest_plugins = ("gateway.tests.call_databases",)
pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def url_of_postgres():
    where = connection.settings_dict
    return f"postgres://postgres@{where['HOST']}:{where['PORT']}/{where['NAME']}"


@pytest.fixture
def process(tmp_path, calls_database):
    """Return a function that starts a process which records calls, on the same database."""
    url = url_of_postgres() if connection.vendor == "postgresql" else ""
    environment = plain(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "aura_site.settings",
        "AURA_DATA_DIR": str(tmp_path),
        "AURA_ENV_FILE": str(tmp_path / ".env"),
        "DATABASE_URL": url,
    }
    started = []

    def start(what):
        command = [sys.executable, "-m", "gateway.tests.spooling_process", what]
        started.append(
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        )
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.communicate()


@pytest.fixture
def nobody_may_write(tmp_path, calls_database):
    """Return a function that gives the table free again; until then calls wait on disk."""
    if connection.vendor == "sqlite":
        file = sqlite3.connect(tmp_path / "aura.sqlite3", isolation_level=None)
        file.execute("BEGIN IMMEDIATE")
        close = file.close
    else:
        server = psycopg.connect(url_of_postgres())
        server.execute(f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE")
        close = server.close
    yield close
    close()


@pytest.mark.fault("D15")
def test_a_process_killed_while_it_writes_on_disk_loses_no_call_that_it_took(
    process, nobody_may_write, rows, tmp_path, measured
):
    victim = process("write")
    taken = [victim.stdout.readline() for _ in range(400)]

    victim.kill()
    taken += victim.stdout.readlines()

    written = sum(path.read_bytes().count(b"\n") for path in spool_files(tmp_path))
    nobody_may_write()
    writer = rows()
    writer.look()
    wait_until(lambda: not spool_files(tmp_path), "the file to go", 15)
    found = on_record()
    assert {line.decode().strip() for line in taken} <= set(found)
    assert len(found) == len(set(found)) == written
    measured(
        f"kill -9 while writing the spool: {len(taken)} calls taken, all on record once"
    )


@pytest.mark.fault("D15")
def test_a_process_killed_while_it_puts_calls_back_leaves_each_on_record_once(
    process, calls_database, rows, tmp_path, measured
):
    calls = batch(30_000)
    left_behind(tmp_path, *lines_of(calls))
    victim = process("replay")
    wait_until(CallRecord.objects.exists, "the first calls", 20)

    victim.kill()
    victim.wait()

    before = CallRecord.objects.count()
    assert before < len(calls) and len(spool_files(tmp_path)) == 1
    rows().look()
    wait_until(lambda: not spool_files(tmp_path), "the file to go", 30)
    assert on_record() == ids(calls)
    measured(f"kill -9 after {before:,} of 30,000 calls: 30,000 on record, each once")


def test_the_file_of_a_process_that_lives_is_left_to_it(
    process, nobody_may_write, rows, tmp_path
):
    process("write").stdout.readline()
    files, writer = spool_files(tmp_path), rows()

    writer.look()
    writer.close()

    # It may have begun another one meanwhile.
    assert files and set(files) <= set(spool_files(tmp_path))
