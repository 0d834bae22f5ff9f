"""The limits of keys on the request path: pure counting in memory, a few microseconds. What
other workers count comes and goes by `sharing`, in a thread of its own."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from gateway.limits.count import KeyCount
from gateway.limits.errors import LayerNotAllowed
from gateway.limits.headers import Headers
from gateway.limits.values import Limits
from gateway.limits.windows import DAY, MONTH, Exchange, Used, calendar

if TYPE_CHECKING:
    from gateway.keys import KeyInfo

__all__ = ["LIMITS", "KeyLimits", "Limits"]

TOKENS_MAX, COST_MAX = 10**9, 1e6
"""No call takes more: what a provider says beyond that is nonsense."""


class KeyLimits:
    """What every key with limits has used, in this process. The event loop counts, and one
    thread shares; the lock between them is held for microseconds."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._now = wall, now
        self._lock = threading.Lock()
        self._counts: dict[int, KeyCount] = {}
        self._touched: set[int] = set()
        self.used = threading.Event()
        """Set when there is something to share, or to ask for."""

    def admit(self, key: "KeyInfo") -> Headers:
        """Count one request; return the headers for its answer.

        Raises RateLimited, or its kind OutOfBudget, when the key is at a limit.
        """
        if key.limits is None:
            return ()
        with self._lock:
            return self._count(key.id, key.limits).admit(self._wall(), self._now())

    def check_layer(self, key: "KeyInfo", layer: str) -> None:
        """Raise LayerNotAllowed when the key is not for this layer."""
        if key.limits and not key.limits.allow(layer):
            raise LayerNotAllowed(layer, key.limits.layers or ())

    def charge(
        self, key: "KeyInfo", tokens: int | None, cost_usd: float | None
    ) -> None:
        """Count what a call took, now that it is over; None is unknown and counts nothing.

        An admitted call may go past a limit: the next one is refused.
        """
        if key.limits is None:
            return
        tokens = min(tokens, TOKENS_MAX) if tokens and tokens > 0 else 0
        usd = min(cost_usd, COST_MAX) if cost_usd and cost_usd > 0 else 0.0
        with self._lock:
            # By the limits as they are now: the call may have begun under others.
            count = self._counts.get(key.id) or self._count(key.id, key.limits)
            self._touch(count)
            count.charge(tokens, usd, self._wall(), self._now())

    def follow(self, limits: Mapping[int, Limits]) -> None:
        """Know these keys, by id, and no others; ask what was used of new ones."""
        with self._lock:
            self._counts = {i: c for i, c in self._counts.items() if i in limits}
            self._touched &= limits.keys()
            for key_id, its in limits.items():
                count = self._counts.get(key_id)
                if count is None or count.limits != its:
                    self._count(key_id, its)

    def forget(self) -> None:
        """Go back to the state of a process that has counted nothing."""
        self.follow({})
        self.used.clear()

    def _count(self, key_id: int, limits: Limits) -> KeyCount:
        """Return the count of a key that is in use."""
        count = self._counts.get(key_id)
        if count is None:
            count = self._counts[key_id] = KeyCount(key_id, limits, self._now())
        elif count.limits is not limits:
            count.adopt(limits)
        self._touch(count)
        return count

    def _touch(self, count: KeyCount) -> None:
        if count.is_counted and count.key_id not in self._touched:
            self._touched.add(count.key_id)
            self.used.set()

    # What follows is for the thread that shares.

    def take(self) -> Exchange | None:
        """Return what to share of the keys in use since the last time; None for none. It
        stays counted as it is until `settle`."""
        wall, now = self._wall(), self._now()
        with self._lock:
            self.used.clear()
            counts = [c for i, c in self._counts.items() if i in self._touched]
            self._touched.clear()
            if not counts:
                return None
            return Exchange(
                writers={count.key_id: count.writer for count in counts},
                fresh=[part for count in counts for part in count.fresh(wall)],
                since=min(count.since(wall, now) for count in counts),
                periods=(calendar(DAY, wall)[0], calendar(MONTH, wall)[0]),
                asked_at=now,
            )

    def settle(self, exchange: Exchange, others: Iterable[Used]) -> None:
        """Note that the database took what was told, and what others used."""
        wall, now = self._wall(), self._now()
        with self._lock:
            known = {
                key_id: self._counts[key_id]
                for key_id, writer in exchange.writers.items()
                if key_id in self._counts and self._counts[key_id].writer == writer
            }
            for part in exchange.fresh:
                if count := known.get(part.key_id):
                    count.settle(part)
            for part in others:
                if count := known.get(part.key_id):
                    count.learn(part, wall, now)
            for count in known.values():
                count.note_asked(exchange.asked_at)

    def give_back(self, exchange: Exchange) -> None:
        """Note that the database could not be asked: all of it is to be shared again."""
        with self._lock:
            for key_id in exchange.writers:
                if count := self._counts.get(key_id):
                    self._touch(count)


LIMITS = KeyLimits()
