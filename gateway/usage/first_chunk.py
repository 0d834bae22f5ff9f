"""How long first chunks took, as counts in fixed buckets: small enough to keep for every
hour, and enough to say which share came within a time."""

from collections.abc import Mapping, Sequence

# Both budgets (`gateway/budgets.py`) are bounds, so that shares on either side are exact.
BUCKETS: Mapping[str, float] = {
    "first_100ms": 0.1,
    "first_200ms": 0.2,
    "first_300ms": 0.3,
    "first_400ms": 0.4,
    "first_500ms": 0.5,
    "first_750ms": 0.75,
    "first_1s": 1.0,
    "first_1500ms": 1.5,
    "first_2s": 2.0,
    "first_3s": 3.0,
    "first_5s": 5.0,
    "first_10s": 10.0,
    "first_30s": 30.0,
    "first_later": float("inf"),
}
"""Bucket -> the longest time in seconds that it counts; it begins after the one before."""

_BOUNDS_S = tuple(BUCKETS.values())


def percentile_s(counts: Sequence[int], share: float) -> float | None:
    """Return the seconds within which `share` (0 to 1) of the first chunks came; None when
    there were none.

    `counts` are those of BUCKETS, in order. Times are taken to lie evenly in their bucket;
    what lies in the last one is told as its beginning.
    """
    wanted = share * sum(counts)
    if not wanted:
        return None
    begin_s, passed = 0.0, 0
    for end_s, count in zip(_BOUNDS_S[:-1], counts, strict=False):
        if passed + count >= wanted:
            return begin_s + (end_s - begin_s) * (wanted - passed) / count
        begin_s, passed = end_s, passed + count
    return begin_s
