"""Of a provider's calls one in ten may be repeated, and three more."""

import pytest

from providers.retry_budget import ALWAYS, WINDOW_S, RetryBudget


class Clock:
    """A monotonic clock that moves when it is told to."""

    now = 5000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def budget(clock):
    return RetryBudget(clock)


def taken(budget, tries=1000):
    return sum(budget.take() for _ in range(tries))


def test_a_few_retries_are_always_there(budget):
    assert taken(budget) == ALWAYS


@pytest.mark.parametrize(("calls", "retries"), [(10, 4), (100, 13), (1000, 103)])
def test_a_tenth_of_the_calls_may_be_repeated(budget, calls, retries):
    for _ in range(calls):
        budget.count_call()
    assert taken(budget) == retries


def test_calls_spread_over_the_window_count_together(budget, clock):
    for _ in range(WINDOW_S):
        clock.now += 1
        for _ in range(10):
            budget.count_call()
    assert taken(budget) == 10 + ALWAYS


def test_what_is_older_than_the_window_counts_no_more(budget, clock):
    for _ in range(100):
        budget.count_call()
    assert taken(budget) == 13
    clock.now += WINDOW_S
    assert taken(budget) == ALWAYS


def test_a_long_silence_is_no_work(budget, clock):
    budget.count_call()
    clock.now += 10**9
    assert taken(budget) == ALWAYS
