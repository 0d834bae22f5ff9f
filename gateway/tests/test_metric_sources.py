"""The gauges of a worker: its revision, what is under way, its breakers."""

import pytest

from gateway.in_flight import IN_FLIGHT
from gateway.metrics import endpoint
from gateway.metrics.endpoint import Metrics
from gateway.metrics.sources import register_sources
from gateway.tests.figures import Figures
from providers.breaker import FAILURES, OPEN_S, Breakers

MODEL = "deepseek/deepseek-chat"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breakers(clock):
    return Breakers(clock)


@pytest.fixture
def seen(breakers, alive, monkeypatch):
    """Return a function that gives the figures of this moment."""
    monkeypatch.setattr(endpoint, "FRESH_S", -1.0)
    own = Metrics()
    register_sources(own, breakers)
    return lambda: Figures(own.text())


def test_the_revision_is_the_one_that_is_served(seen):
    [(_, revision)] = [item for item in seen().items() if item[0][0] == "aura_revision"]
    assert revision == 7


def test_what_is_under_way_is_counted(seen):
    before = seen()("aura_in_flight")
    with IN_FLIGHT.one():
        assert seen()("aura_in_flight") == before + 1
    assert seen()("aura_in_flight") == before


def test_a_breaker_opens_is_tried_and_is_seen_to_close(seen, breakers, clock, registry):
    route = registry.route(MODEL)
    state = {"provider": "openrouter", "model": MODEL}
    assert seen()("aura_breaker_state", **state) is None
    breakers.failed(route)
    assert seen()("aura_breaker_state", **state) == 0
    for _ in range(FAILURES):
        breakers.failed(route)
    assert seen()("aura_breaker_state", **state) == 2
    clock.now += OPEN_S + 1
    assert seen()("aura_breaker_state", **state) == 1
    breakers.succeeded(route)
    assert seen()("aura_breaker_state", **state) == 0


def test_what_waits_to_be_recorded_is_told(seen):
    assert seen()("aura_records_waiting") is not None
