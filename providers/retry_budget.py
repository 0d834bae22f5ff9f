"""How much of a provider's traffic may be second attempts. Retries help with a rare
failure; with a frequent one they are the load that keeps a provider down."""

import time
from collections.abc import Callable

WINDOW_S = 10
SHARE = 0.1
ALWAYS = 3


class RetryBudget:
    """The retries of one provider: SHARE of its calls of the last WINDOW_S seconds, and
    ALWAYS ones more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._calls = [0] * WINDOW_S
        self._retries = [0] * WINDOW_S
        self._second = int(clock())

    def count_call(self) -> None:
        """Note a first attempt."""
        self._calls[self._slot()] += 1

    def take(self) -> bool:
        """Say whether one more retry is within the budget, and if so take it."""
        slot = self._slot()
        if sum(self._retries) + 1 > SHARE * sum(self._calls) + ALWAYS:
            return False
        self._retries[slot] += 1
        return True

    def _slot(self) -> int:
        """Return this second's place, with those emptied that are a window old."""
        now = int(self._clock())
        for second in range(max(self._second, now - WINDOW_S) + 1, now + 1):
            self._calls[second % WINDOW_S] = self._retries[second % WINDOW_S] = 0
        self._second = now
        return now % WINDOW_S
