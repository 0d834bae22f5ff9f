"""How often a trouble that goes on is told: when it begins, and every 30 s after that."""

import time

EVERY_S = 30.0


class Pace:
    """Says whether a line is due; one for each kind of trouble."""

    def __init__(self) -> None:
        self._told_at = float("-inf")

    def is_due(self) -> bool:
        """Say whether to tell it now; if so, the next time is EVERY_S away."""
        now = time.monotonic()
        is_due = now - self._told_at >= EVERY_S
        if is_due:
            self._told_at = now
        return is_due
