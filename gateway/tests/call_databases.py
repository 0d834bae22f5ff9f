"""Databases of a test's own that calls go into, as a plugin: `pytest_plugins` of a test module
names it. Nothing else may import it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from gateway.records import replay
from gateway.records.models import CallRecord
from gateway.records.rows import CallRows
from tests.own_database import OwnDatabase, own_database
from tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def calls_postgres(
    postgres: PostgresServer,
) -> str:
    """The URL of a database with our tables, on the server that tests share."""
    return postgres.migrated("calls")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def calls_database(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[OwnDatabase]:
    """A database with our tables and no call, once of each kind."""
    url = ""
    if request.param == "sqlite":
        shutil.copytree(
            request.getfixturevalue("migrated_folder"), tmp_path, dirs_exist_ok=True
        )
    else:
        url = request.getfixturevalue("calls_postgres")
    with django_db_blocker.unblock(), own_database(url, tmp_path) as own:
        if url:
            CallRecord.objects.all().delete()
        yield own


@pytest.fixture
def own_sqlite(
    migrated_folder: Path, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[OwnDatabase]:
    """A SQLite database in `tmp_path` with our tables and no call."""
    shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True)
    with django_db_blocker.unblock(), own_database("", tmp_path) as own:
        yield own


@pytest.fixture
def rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., CallRows]]:
    """Return a function that makes a CallRows, as a process has one, which is quick to try
    again; it is closed after the test. Ask for it after the database."""
    monkeypatch.setattr(replay, "RETRY_S", 0.02)
    made: list[CallRows] = []

    def make(folder: Path = tmp_path) -> CallRows:
        made.append(CallRows(folder))
        return made[-1]

    yield make
    for each in made:
        each.close()
    connection.close()
