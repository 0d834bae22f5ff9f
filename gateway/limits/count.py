"""What one key has used of its limits, in memory: counted here, shared between workers by
`sharing`. Whoever calls holds the lock of `key_limits.KeyLimits`."""

import secrets
from collections.abc import Callable, Iterator

from gateway.limits.errors import RateLimited, out_of_budget, too_many
from gateway.limits.headers import Headers, RateHeaders, RateKind
from gateway.limits.values import Limits
from gateway.limits.windows import (
    DAY,
    DAY_S,
    MINUTE_S,
    MONTH,
    SECOND,
    SlidingMinute,
    Tally,
    Used,
    calendar,
)

LATE_S = 3
"""How much later than it was used another worker may tell of it."""
KEPT_S = {SECOND: MINUTE_S + LATE_S, DAY: 7 * DAY_S, MONTH: 62 * DAY_S}
"""How far from now a window may begin, by kind."""


class Rate:
    """A limit per minute: the minute that it is held against, and its headers."""

    __slots__ = ("headers", "kind", "limit", "minute")

    def __init__(self, kind: RateKind, limit: int, minute: SlidingMinute) -> None:
        self.kind = kind
        self.limit = limit
        self.minute = minute
        self.headers = RateHeaders(kind, limit)

    def told(self) -> Headers:
        """Return the headers."""
        minute = self.minute
        return self.headers.of(self.limit - minute.total, minute.empty_s())


class Budget:
    """A limit on money, and the day or month that it is held against."""

    __slots__ = ("_tally", "_tally_of", "ends_at", "kind", "limit")

    def __init__(
        self, kind: str, limit: float, tally_of: Callable[[str, int], Tally]
    ) -> None:
        self.kind = kind
        self.limit = limit
        self.ends_at = 0
        self._tally = Tally(0)
        self._tally_of = tally_of

    def tally(self, wall: float) -> Tally:
        """Return what was spent of the day or month that it is."""
        if not self._tally.begins_at <= wall < self.ends_at:
            begins_at, self.ends_at = calendar(self.kind, wall)
            self._tally = self._tally_of(self.kind, begins_at)
        return self._tally


class KeyCount:
    """Counts one key. `wall` is a Unix time: it names days, months and the seconds that are
    shared. `now` is a monotonic one: minutes slide by it, whatever the clock is set to."""

    __slots__ = (
        "_asked_at",
        "_budgets",
        "_rates",
        "_requests",
        "_second",
        "_tallies",
        "_tokens",
        "is_counted",
        "key_id",
        "limits",
        "writer",
    )

    def __init__(self, key_id: int, limits: Limits, now: float) -> None:
        self.key_id = key_id
        # Of this count, not of the process: one that is made anew begins at zero, and must
        # not write that over what the one before it has told.
        self.writer = secrets.randbits(63)
        self._asked_at = float("-inf")
        self._tallies: dict[tuple[str, int], Tally] = {}
        self._second = Tally(0)
        self._requests = SlidingMinute(int(now))
        self._tokens = SlidingMinute(int(now))
        self.adopt(limits)

    def adopt(self, limits: Limits) -> None:
        """Take other limits, and keep what was counted."""
        self.limits = limits
        self._rates = tuple(self._limited_rates())
        self._budgets = tuple(self._limited_budgets())
        self.is_counted = bool(self._rates or self._budgets)

    def _limited_rates(self) -> Iterator[Rate]:
        if limit := self.limits.requests_per_minute:
            yield Rate("requests", limit, self._requests)
        if limit := self.limits.tokens_per_minute:
            yield Rate("tokens", limit, self._tokens)

    def _limited_budgets(self) -> Iterator[Budget]:
        if limit := self.limits.usd_per_day:
            yield Budget(DAY, limit, self._tally)
        if limit := self.limits.usd_per_month:
            yield Budget(MONTH, limit, self._tally)

    def admit(self, wall: float, now: float) -> Headers:
        """Count a request and return its headers. Raises RateLimited."""
        # Money first: that takes longest to come back.
        for budget in self._budgets:
            tally = budget.tally(wall)
            if tally.usd + tally.others_usd >= budget.limit:
                raise self._out_of(budget, wall)
        rates, second = self._rates, int(now)
        if not rates:
            return ()
        for rate in rates:
            if rate.minute.move(second) >= rate.limit:
                raise self._too_many(rate, now)
        self._requests.add(1)
        self._this_second(wall).requests += 1
        return self._told()

    def charge(self, tokens: int, usd: float, wall: float, now: float) -> None:
        """Count what a call took, now that it is over."""
        if self._rates and tokens:
            self._tokens.move(int(now))
            self._tokens.add(tokens)
            self._this_second(wall).tokens += tokens
        if usd:
            for budget in self._budgets:
                budget.tally(wall).usd += usd

    def _too_many(self, rate: Rate, now: float) -> RateLimited:
        used, wait_s = rate.minute.total, rate.minute.wait_s(rate.limit, now)
        return too_many(
            rate.kind, rate.limit, used, wait_s=wait_s, headers=self._told()
        )

    def _out_of(self, budget: Budget, wall: float) -> RateLimited:
        tally = budget.tally(wall)
        return out_of_budget(
            budget.kind,
            budget.limit,
            tally.usd + tally.others_usd,
            ends_at=budget.ends_at,
            wait_s=budget.ends_at - wall,
            headers=self._told(),
        )

    def _told(self) -> Headers:
        rates = self._rates
        if len(rates) == 1:
            return rates[0].told()
        return rates[0].told() + rates[1].told() if rates else ()

    def _this_second(self, wall: float) -> Tally:
        tally, begins_at = self._second, int(wall)
        if tally.begins_at != begins_at:
            tally = self._second = self._tally(SECOND, begins_at)
        return tally

    def _tally(self, kind: str, begins_at: int) -> Tally:
        place = (kind, begins_at)
        if (tally := self._tallies.get(place)) is None:
            tally = self._tallies[place] = Tally(begins_at)
        return tally

    # What follows is for sharing.

    def fresh(self, wall: float) -> list[Used]:
        """Return what the database does not have, after letting go of what is past."""
        self._forget(wall)
        return [
            Used(self.key_id, kind, begins_at, t.requests, t.tokens, t.usd)
            for (kind, begins_at), t in self._tallies.items()
            if t.is_fresh
        ]

    def since(self, wall: float, now: float) -> int:
        """Return from which second on the database may have something new to tell."""
        return int(wall - min(MINUTE_S, now - self._asked_at + LATE_S))

    def settle(self, part: Used) -> None:
        """Note that the database has what `fresh` gave."""
        self._tally(part.kind, part.begins_at).settle(part)

    def learn(self, others: Used, wall: float, now: float) -> None:
        """Take in what all other workers used in one window."""
        requests, tokens = self._tally(others.kind, others.begins_at).learn(others)
        if others.kind == SECOND:
            age = max(0, int(wall) - others.begins_at)
            for minute, news in ((self._requests, requests), (self._tokens, tokens)):
                minute.move(int(now))
                minute.add(news, age)

    def note_asked(self, at: float) -> None:
        """Note that what the database had then is known."""
        self._asked_at = at

    def _forget(self, wall: float) -> None:
        """Let go of windows that never come back, were the clock set wrong for a while: one
        that did would be told anew, and from zero."""
        past = [
            place for place in self._tallies if abs(wall - place[1]) > KEPT_S[place[0]]
        ]
        for place in past:
            del self._tallies[place]
