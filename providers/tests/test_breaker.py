"""A model that fails again and again is left alone, and tried by one call at a time."""

import pytest

from providers.breaker import FAILURES, OPEN_S, Breakers
from providers.errors import ProviderPaused
from providers.registry import Route
from providers.shipped import openrouter

OPENROUTER = openrouter("http://127.0.0.1:1/v1", "k")
ROUTE, OTHER = Route(OPENROUTER, "a/one"), Route(OPENROUTER, "a/two")


class Clock:
    """A monotonic clock that moves when it is told to."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breakers(clock):
    return Breakers(clock)


@pytest.fixture
def opened(breakers):
    for _ in range(FAILURES):
        breakers.enter(ROUTE)
        breakers.failed(ROUTE)
    return breakers


def test_a_model_that_answers_is_always_called(breakers):
    for _ in range(20):
        breakers.enter(ROUTE)
        breakers.succeeded(ROUTE)
    assert breakers.states() == {}


def test_after_enough_failures_nobody_passes_and_is_told_for_how_long(opened, clock):
    clock.now += 4
    with pytest.raises(ProviderPaused) as caught:
        opened.enter(ROUTE)
    assert caught.value.retry_after_s == pytest.approx(OPEN_S - 4)
    assert "a/one" in caught.value.message
    assert "6 s" in caught.value.message


def test_one_failure_less_changes_nothing(breakers):
    for _ in range(FAILURES - 1):
        breakers.failed(ROUTE)
    breakers.enter(ROUTE)
    assert breakers.states() == {("openrouter", "a/one"): "closed"}


def test_only_failures_in_a_row_count(breakers):
    for _ in range(FAILURES * 3):
        breakers.failed(ROUTE)
        breakers.succeeded(ROUTE)
    breakers.enter(ROUTE)


def test_another_model_of_the_same_provider_is_not_paused(opened):
    opened.enter(OTHER)


@pytest.mark.fault("U23")
def test_one_probe_passes_in_each_period(opened, clock):
    passed = 0
    for _ in range(3):
        clock.now += OPEN_S
        for _ in range(100):
            try:
                opened.enter(ROUTE)
            except ProviderPaused:
                continue
            passed += 1
        opened.failed(ROUTE)
    assert passed == 3


def test_a_probe_that_nobody_reports_on_is_followed_by_another(opened, clock):
    clock.now += OPEN_S
    opened.enter(ROUTE)
    clock.now += OPEN_S
    opened.enter(ROUTE)


def test_a_probe_that_succeeds_closes_the_breaker(opened, clock):
    clock.now += OPEN_S
    opened.enter(ROUTE)
    opened.succeeded(ROUTE)
    for _ in range(20):
        opened.enter(ROUTE)
    assert opened.states() == {}


def test_states_are_told(opened, clock):
    key = ("openrouter", "a/one")
    assert opened.states() == {key: "open"}
    clock.now += OPEN_S
    assert opened.states() == {key: "half_open"}
    opened.enter(ROUTE)
    assert opened.states() == {key: "open"}
