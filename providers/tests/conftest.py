"""A client and a route to the model server for tests, on both kinds of event loop."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import pytest_asyncio

from providers.client import Client
from providers.registry import Provider, Route
from providers.shipped import named
from providers.tests.calling import KEY
from tests.upstream import FakeUpstream

# Gunicorn takes uvloop where there is one. In what a connection sees the two differ, so
# what is about connections is tested on both.
BOTH: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop
}
if sys.platform != "win32":
    import uvloop

    BOTH["uvloop"] = uvloop.new_event_loop
ON_BOTH = {"test_connections", "test_dialing"}


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Say on which loops an asynchronous test of this room runs."""
    last = list(BOTH)[-1]
    return BOTH if item.path.stem in ON_BOTH else {last: BOTH[last]}


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Client]:
    client = Client()
    yield client
    await client.close()


@pytest.fixture
def provider(upstream: FakeUpstream) -> Provider:
    return named("groq", upstream.url, KEY)


@pytest.fixture
def route(provider: Provider) -> Route:
    return Route(provider, "a/one")
