"""The servers of this package as fixtures, for the tests of every room."""

from collections.abc import Iterator

import pytest

from tests.postgres import PostgresServer
from tests.upstream import FakeUpstream


@pytest.fixture(scope="session")
def _upstream() -> Iterator[FakeUpstream]:
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture
def upstream(_upstream: FakeUpstream) -> FakeUpstream:
    """A model server that has heard nothing yet and has no script."""
    _upstream.reset()
    return _upstream


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for slow tests: leave it running, `create_database` your own.

    Whoever kills or suspends one starts a PostgresServer of its own.
    """
    with PostgresServer() as server:
        yield server
