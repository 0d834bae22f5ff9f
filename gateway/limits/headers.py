"""The `x-ratelimit-...` headers, spelled as OpenAI's, and how it writes a span of time."""

import math
from typing import Literal

Headers = tuple[tuple[bytes, bytes], ...]
RateKind = Literal["requests", "tokens"]


def span(time_s: float) -> str:
    """Return a time as OpenAI writes it: "320ms", "12s", "1m0s"; rounded up."""
    if time_s < 1:
        return f"{math.ceil(time_s * 1000)}ms" if time_s > 0 else "0s"
    minutes, seconds = divmod(math.ceil(time_s), 60)
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"


# Whole seconds of a minute: to format each cost as much as to count.
_WHOLE = tuple(span(second).encode() for second in range(61))


class RateHeaders:
    """The three headers of one limit."""

    __slots__ = ("_limit", "_remaining", "_reset")

    def __init__(self, kind: RateKind, limit: int) -> None:
        self._limit = (f"x-ratelimit-limit-{kind}".encode(), b"%d" % limit)
        self._remaining = f"x-ratelimit-remaining-{kind}".encode()
        self._reset = f"x-ratelimit-reset-{kind}".encode()

    def of(self, remaining: int, reset_s: int) -> Headers:
        """Return them; `reset_s` (60 at most) is the time until nothing of it is used."""
        left = b"%d" % remaining if remaining > 0 else b"0"
        return (self._limit, (self._remaining, left), (self._reset, _WHOLE[reset_s]))


def waiting(time_s: float) -> Headers:
    """Return the headers that say when to try again; the second is read by OpenAI's own
    clients, and is exact."""
    wait_ms = max(1, math.ceil(time_s * 1000))
    seconds = math.ceil(wait_ms / 1000)
    return ((b"retry-after", b"%d" % seconds), (b"retry-after-ms", b"%d" % wait_ms))
