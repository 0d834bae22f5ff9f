"""The windows that limits are held against: a minute that slides by the second, and the UTC
calendar's days and months; and what of them travels between workers. Plain counting: neither
a clock nor a limit is in here."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

SECOND, DAY, MONTH = "second", "day", "month"
MINUTE_S = 60
DAY_S = 86_400


class Used(NamedTuple):
    """What was used of a key in the window of this kind that begins at this Unix time."""

    key_id: int
    kind: str
    begins_at: int
    requests: int
    tokens: int
    usd: float


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a worker tells the database of keys, and what it asks of them."""

    writers: Mapping[int, int]
    """Key id -> by which number this worker's rows of that key are told from others'."""
    fresh: Sequence[Used]
    """What it used in all, of windows in which that has changed."""
    since: int
    """The Unix time of the first second of which there may be something to learn."""
    periods: tuple[int, int]
    """When the day and the month began that it is."""
    asked_at: float
    """When it asks, by a monotonic clock."""


class Tally:
    """What a key used in one window: `requests`, `tokens` and `usd` through this worker,
    `others_...` through all others, as far as they told. It never falls."""

    __slots__ = (
        "_told",
        "begins_at",
        "others_requests",
        "others_tokens",
        "others_usd",
        "requests",
        "tokens",
        "usd",
    )

    def __init__(self, begins_at: int) -> None:
        self.begins_at = begins_at
        self.requests = self.tokens = 0
        self.others_requests = self.others_tokens = 0
        self.usd = self.others_usd = 0.0
        self._told = (0, 0, 0.0)

    @property
    def is_fresh(self) -> bool:
        """Whether the database does not have all of it."""
        return (self.requests, self.tokens, self.usd) != self._told

    def settle(self, part: Used) -> None:
        """Note that the database has this much."""
        self._told = (part.requests, part.tokens, part.usd)

    def learn(self, others: Used) -> tuple[int, int]:
        """Note what others used; return the requests and tokens that are news."""
        requests = others.requests - self.others_requests
        tokens = others.tokens - self.others_tokens
        self.others_requests, self.others_tokens = others.requests, others.tokens
        self.others_usd = others.usd
        return requests, tokens


class SlidingMinute:
    """Counts over the last 60 seconds, in a bucket for each; seconds are whole numbers that
    only grow, such as those of a monotonic clock.

    The current second counts as a whole one: who is paced at the limit is never refused,
    and in no 60 s there is more than the limit and what fits into one of its seconds.
    """

    __slots__ = ("_buckets", "_newest", "_second", "total")

    def __init__(self, second: int) -> None:
        self._buckets = [0] * MINUTE_S
        self._second = second
        self._newest = (
            second - MINUTE_S
        )  # the last second in which something was counted
        self.total = 0

    def move(self, second: int) -> int:
        """Let the minute end with `second`, and return its total."""
        if second > self._second:
            if self.total:
                self._forget(second)
            self._second = second
        return self.total

    def add(self, count: int, age: int = 0) -> None:
        """Count what was used `age` seconds ago; a minute ago is long past."""
        if count <= 0 or age >= MINUTE_S:
            return
        second = self._second - age
        self._buckets[second % MINUTE_S] += count
        self.total += count
        if second > self._newest:
            self._newest = second

    def wait_s(self, limit: int, now: float) -> float:
        """Return in how many seconds the total is below `limit`; 0 when it is."""
        until = now
        left = self.total
        for second in range(self._second - MINUTE_S + 1, self._second + 1):
            if left < limit:
                break
            left -= self._buckets[second % MINUTE_S]
            until = second + MINUTE_S
        return max(0.0, until - now)

    def empty_s(self) -> int:
        """Return in how many seconds, 60 at most, all of it is past."""
        return self._newest + MINUTE_S - self._second if self.total else 0

    def _forget(self, second: int) -> None:
        for past in range(self._second + 1, min(second, self._second + MINUTE_S) + 1):
            self.total -= self._buckets[past % MINUTE_S]
            self._buckets[past % MINUTE_S] = 0


def calendar(kind: str, moment: float) -> tuple[int, int]:
    """Return when the UTC day or month of a Unix time begins, and when the next one does."""
    if kind == DAY:
        begins = math.floor(moment / DAY_S) * DAY_S
        return begins, begins + DAY_S
    first = datetime.fromtimestamp(moment, UTC).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    following = first.replace(
        year=first.year + first.month // 12, month=first.month % 12 + 1
    )
    return int(first.timestamp()), int(following.timestamp())
