"""The servers of this package as fixtures, for the tests of every room."""

import gc
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
from coverage import Coverage
from django.core.management import call_command
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser
from pytest_django import DjangoDbBlocker

from tests.browser import HOW_TO_GET, ChromiumMissing, chromium
from tests.made_once import made_once, share
from tests.own_database import own_database
from tests.postgres import PostgresServer
from tests.upstream import FakeUpstream


class _HasName(Protocol):
    @property
    def nodeid(self) -> str: ...


Named = TypeVar("Named", bound=_HasName)
HERE = Path(__file__).parent
DATABASE_FIXTURES = {"db", "django_db_setup"}
EMPTYING = "transactional_db"
"""Empties the tables after a test, those that migrations filled too."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="only the tests that use Django's database",
    )
    parser.addoption(
        "--one-case",
        action="store_true",
        help="of a test with parameters only the first case",
    )
    parser.addoption(
        "--memories",
        type=int,
        default=0,
        help="how many the embedded models re-embed, which takes minutes (0: that test is skipped)",
    )


def pytest_configure() -> None:
    share()  # before there are other processes
    # How long an example takes says nothing on a machine that others use.
    slowness = [HealthCheck.too_slow]
    settings.register_profile("aura", deadline=None, suppress_health_check=slowness)
    settings.load_profile("aura")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage among thousands of tests that all stay: that takes as long as to
    collect the tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    if emptying := [item.nodeid for item in items if _empties(item)]:
        raise pytest.UsageError(
            f"{emptying[0]} would take the shipped presets from the tests after it: give it "
            "a database of its own (tests/own_database.py)."
        )
    # Slow ones first: so the processes that share the tests end at about the same time.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    if config.getoption("--database-only"):
        _keep(config, items, {item for item in items if _uses_database(item)})
    if config.getoption("--one-case"):
        _keep(config, items, set(first_cases(items)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure no coverage in tests of whole servers: what is covered runs in processes of
    its own there, and the load is slowed for nothing."""
    coverage = Coverage.current() if item.path.parent == HERE else None
    if coverage:
        coverage.stop()
    try:
        return (yield)
    finally:
        if coverage:
            coverage.start()


def _keep(
    config: pytest.Config, items: list[pytest.Item], kept: set[pytest.Item]
) -> None:
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def first_cases(items: Iterable[Named]) -> list[Named]:
    """Return one item of each test function, the same one in each process and order."""
    first: dict[str, Named] = {}
    for item in sorted(items, key=lambda item: item.nodeid):
        first.setdefault(item.nodeid.partition("[")[0], item)
    return list(first.values())


def _empties(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    asks = marker and (marker.kwargs.get("transaction") or marker.args[:1] == (True,))
    return bool(asks) or EMPTYING in getattr(item, "fixturenames", ())


def _uses_database(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    return bool(item.get_closest_marker("django_db") or names & DATABASE_FIXTURES)


@pytest.fixture(scope="session")
def _upstream() -> Iterator[FakeUpstream]:
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture
def upstream(_upstream: FakeUpstream) -> FakeUpstream:
    """A model server that has heard nothing yet and has no script."""
    _upstream.reset()
    return _upstream


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; CI has to have it, a machine of yours may lack it."""
    try:
        with chromium() as browser:
            yield browser
    except ChromiumMissing:
        if os.environ.get("CI"):
            raise
        pytest.skip(HOW_TO_GET)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for slow tests: leave it running, `create_database` your own.

    Whoever kills or suspends one starts a PostgresServer of its own.
    """
    with PostgresServer(ready=True) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_folder(django_db_blocker: DjangoDbBlocker) -> Path:
    """A folder with a migrated SQLite database that nobody has used; copy it."""

    def migrate(folder: Path) -> None:
        with django_db_blocker.unblock(), own_database("", folder):
            call_command("migrate", verbosity=0)

    return made_once("migrated", migrate)


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Return a function that notes what a test of a fault measured."""
    return lambda text: request.node.user_properties.append(("measured", text))
