"""Keys with limits for tests, and clocks that tests set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.keys import KeyInfo
from gateway.limits.errors import RateLimited
from gateway.limits.key_limits import KeyLimits, Limits

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()


def limited(key_id: int = 1, **limits: Any) -> KeyInfo:
    """Return a key with these limits."""
    return KeyInfo(key_id, "tests", None, Limits(**limits))


@dataclass
class Clocks:
    """The clock on the wall and the monotonic one, as a process has them."""

    wall_s: float = NOON
    now_s: float = 5_000.0
    made: list[KeyLimits] = field(default_factory=list)

    def limits(self) -> KeyLimits:
        """Return what counts by these clocks, as one worker has it."""
        self.made.append(KeyLimits(lambda: self.wall_s, lambda: self.now_s))
        return self.made[-1]

    def pass_s(self, time_s: float) -> None:
        """Let time pass."""
        self.wall_s += time_s
        self.now_s += time_s


def admitted(limits: KeyLimits, key: KeyInfo, times: int) -> int:
    """Ask so many times and return how often it was admitted."""
    return sum(refusal(limits, key) is None for _ in range(times))


def refusal(limits: KeyLimits, key: KeyInfo) -> RateLimited | None:
    """Ask once and return the error, or None when it was admitted."""
    try:
        limits.admit(key)
    except RateLimited as error:
        return error
    return None


def headers_of(headers: Any) -> Mapping[str, str]:
    """Return headers as text."""
    return {name.decode(): value.decode() for name, value in headers}
