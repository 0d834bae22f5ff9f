"""Fixtures for the tests of this room."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from brains import live
from brains.tests.own_database import OwnDatabase, own_database


@pytest.fixture(autouse=True)
def _nothing_is_live() -> Iterator[None]:
    """Let each test begin as a process does that has loaded nothing yet."""
    live.forget()
    yield
    live.forget()
    live.changed.clear()


@pytest.fixture(scope="session")
def migrated_folder(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Path:
    """A folder with a migrated SQLite database that nobody has used; copy it."""
    folder = tmp_path_factory.mktemp("migrated")
    with django_db_blocker.unblock(), own_database("", folder):
        call_command("migrate", verbosity=0)
    return folder


@pytest.fixture
def database(
    tmp_path: Path, migrated_folder: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[OwnDatabase]:
    """A migrated SQLite database in `tmp_path`, which threads and failures may meet."""
    shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True)
    with django_db_blocker.unblock(), own_database("", tmp_path) as own:
        yield own
