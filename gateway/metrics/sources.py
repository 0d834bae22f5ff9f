"""Where this room's gauges come from: the requests under way, the revision, the breakers, the
records that wait."""

from collections.abc import Mapping

from brains.live import current
from gateway.in_flight import IN_FLIGHT
from gateway.metrics.endpoint import Metrics
from gateway.metrics.tables import Labels
from gateway.records.recorder import RECORDER
from providers.breaker import Breakers

STATES = {"closed": 0, "half_open": 1, "open": 2}


def register_sources(metrics: Metrics, breakers: Breakers) -> None:
    """Let the gauges of a worker be read."""
    metrics.register("aura_in_flight", lambda: IN_FLIGHT.count)
    metrics.register("aura_revision", lambda: current().selection.revision)
    metrics.register("aura_breaker_state", _BreakerStates(breakers))
    metrics.register("aura_records_waiting", lambda: RECORDER.waiting)


class _BreakerStates:
    """The breakers as numbers. One that closed is forgotten by the breakers, but a graph
    shall see it go back to 0."""

    def __init__(self, breakers: Breakers) -> None:
        self._breakers = breakers
        self._known: set[tuple[str, str]] = set()

    def __call__(self) -> Mapping[Labels, float]:
        states = self._breakers.states()
        self._known.update(states)
        return {key: STATES[states.get(key, "closed")] for key in self._known}
