"""Circuit breakers: a model that fails again and again is left alone for a while, so that
its callers are told at once. Kept per provider and model, in memory, on a clock that
never jumps."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from providers.errors import ProviderPaused
from providers.registry import Route

FAILURES = 5
OPEN_S = 10.0

State = Literal["closed", "half_open", "open"]


@dataclass(slots=True)
class _Breaker:
    """Consecutive failures of one model, and when it may be tried again."""

    failures: int = 0
    probe_at: float = 0.0
    """When the next call may pass; meaningful once it has opened."""


class Breakers:
    """The breakers of one process. A model without failures has none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._breakers: dict[tuple[str, str], _Breaker] = {}

    def enter(self, route: Route) -> None:
        """Let a call pass. Once a model has failed FAILURES times in a row, one call in
        OPEN_S seconds passes, as a probe; for every other one this raises ProviderPaused.
        """
        if not self._breakers:
            return
        breaker = self._breakers.get(_key(route))
        if breaker is None or breaker.failures < FAILURES:
            return
        wait_s = breaker.probe_at - self._clock()
        if wait_s > 0:
            raise ProviderPaused(
                f"{route.provider.title} failed {breaker.failures} times in a row with "
                f"{route.model}. It is tried again in {wait_s:.0f} s.",
                provider=route.provider.name,
                retry_after_s=wait_s,
            )
        # The probe: whoever comes while it is out waits for the next one.
        breaker.probe_at = self._clock() + OPEN_S

    def succeeded(self, route: Route) -> None:
        """Note that a model answered."""
        if self._breakers:
            self._breakers.pop(_key(route), None)

    def failed(self, route: Route) -> None:
        """Note that a model could not answer."""
        breaker = self._breakers.setdefault(_key(route), _Breaker())
        breaker.failures += 1
        if breaker.failures >= FAILURES:
            breaker.probe_at = self._clock() + OPEN_S

    def states(self) -> Mapping[tuple[str, str], State]:
        """Return (provider, model) -> state, of the models that failed last."""
        now = self._clock()
        # A copy: metrics ask in a thread of their own.
        return {key: _state(breaker, now) for key, breaker in [*self._breakers.items()]}


def _key(route: Route) -> tuple[str, str]:
    return route.provider.name, route.model


def _state(breaker: _Breaker, now: float) -> State:
    if breaker.failures < FAILURES:
        return "closed"
    return "open" if breaker.probe_at > now else "half_open"
