"""Fixtures for the tests of this room."""

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from pytest_django import DjangoDbBlocker

from brains import live, watcher
from brains.models import ModelPreset
from brains.tests.checking import candidate
from brains.tests.records import preset
from brains.tests.status_reader import registry
from brains.watcher import Part, SelectionPart, Watcher
from tests.own_database import OwnDatabase, own_database
from tests.upstream import FakeUpstream

QUICK = {
    "POLL_S": 0.01,
    "RETRY_S": 0.02,
    "FLUSH_S": 0.03,
    "SILENT_AFTER_S": 0.2,
    "FIRST_LOAD_S": 2.0,
}


@pytest.fixture(autouse=True)
def _nothing_is_live() -> Iterator[None]:
    """Let each test begin as a process does that has loaded nothing yet."""
    live.forget()
    yield
    live.forget()
    live.changed.clear()


@pytest.fixture
def budget(db: None) -> ModelPreset:
    """A shipped preset; it names a model for L1, L2 and L3."""
    return preset("Budget")


@pytest.fixture
def hybrid(db: None) -> ModelPreset:
    """Another shipped preset."""
    return preset("Hybrid")


@pytest.fixture
def chosen(db: None, settings: LazySettings, upstream: FakeUpstream) -> ModelPreset:
    """A preset whose models are asked before it is live, on a server that answers."""
    settings.AURA_PREFLIGHT = True
    settings.AURA_PROVIDERS = registry(url=upstream.url)
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    return candidate()


@pytest.fixture
def database(
    tmp_path: Path, migrated_folder: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[OwnDatabase]:
    """A migrated SQLite database in `tmp_path`, which threads and failures may meet."""
    shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True)
    with django_db_blocker.unblock(), own_database("", tmp_path) as own:
        yield own


@pytest.fixture
def watch(
    database: OwnDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Watcher]]:
    """Return a function that starts a quick watcher of these parts (the selection when
    none is named); it is stopped after the test."""
    for name, seconds in QUICK.items():
        monkeypatch.setattr(watcher, name, seconds)
    started: list[Watcher] = []

    def start(*parts: Part, folder: Path = tmp_path) -> Watcher:
        started.append(Watcher(parts or (SelectionPart(),), folder))
        started[-1].start()
        return started[-1]

    yield start
    database.mend()
    for each in started:
        each.stop()
        assert not each._thread.is_alive()


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return the warnings and errors of this room so far."""
    caplog.set_level(logging.WARNING, logger="brains")
    return lambda: caplog.messages
