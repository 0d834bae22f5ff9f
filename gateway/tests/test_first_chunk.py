"""Percentiles of first chunks, told from counts in buckets."""

import pytest

from gateway.budgets import BUDGET_S
from gateway.usage.first_chunk import BUCKETS, percentile_s


def test_percentiles_lie_in_their_bucket():
    counts = [0] * len(BUCKETS)
    counts[0], counts[4] = 50, 50  # up to 0.1 s, and 0.4 to 0.5 s
    assert percentile_s(counts, 0.5) == pytest.approx(0.1)
    assert percentile_s(counts, 0.95) == pytest.approx(0.49)


def test_percentile_of_nothing_is_none_and_of_the_last_bucket_its_beginning():
    nothing = [0] * len(BUCKETS)
    assert percentile_s(nothing, 0.95) is None
    assert percentile_s([*nothing[:-1], 3], 0.95) == 30.0


def test_budgets_are_bounds_so_that_what_is_over_them_is_told_exactly():
    assert set(BUDGET_S.values()) <= set(BUCKETS.values())
