"""The way to the providers: what all calls of a process share."""

from collections import defaultdict
from dataclasses import dataclass, field

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
