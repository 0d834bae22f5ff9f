"""The way to the providers: what all calls of a process share."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from providers.breaker import Breakers
from providers.client import Client
from providers.retry_budget import RetryBudget


@dataclass(frozen=True, slots=True)
class Upstream:
    """Connections, breakers, and the budget for retries of each provider, by its name."""

    client: Client = field(default_factory=Client)
    breakers: Breakers = field(default_factory=Breakers)
    retries: defaultdict[str, RetryBudget] = field(
        default_factory=lambda: defaultdict(RetryBudget)
    )


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, Upstream] = WeakKeyDictionary()


def share(upstream: Upstream) -> None:
    """Let all that runs in this event loop take the same way."""
    _shared[asyncio.get_running_loop()] = upstream


@asynccontextmanager
async def at_hand() -> AsyncIterator[Upstream]:
    """Give the way that this event loop shares; where there is none, one of its own, whose
    connections are closed at the end of the block."""
    if shared := _shared.get(asyncio.get_running_loop()):
        yield shared
        return
    own = Upstream()
    try:
        yield own
    finally:
        await own.client.close()
