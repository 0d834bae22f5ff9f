"""A client and a route to the model server for tests."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from providers.client import Client
from providers.registry import Provider, Route
from providers.shipped import named
from tests.upstream import FakeUpstream

KEY = "sk-provider-canary-0123456789"


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
