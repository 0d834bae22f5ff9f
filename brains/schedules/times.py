"""When a schedule is on: hours of days of the week, in a time zone. Pure calendar."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
# Some window of the coming week, and one that is over by then, must be among these.
LOOK_AHEAD = range(-1, 9)
# So many days one after the other are said by the first and the last.
RUN_MIN = 3


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begins` to `ends` by the clock of `zone`, on days that it begins on (0 is
    Monday). An end that is not after the begin is on the next day."""

    days: frozenset[int]
    begins: time
    ends: time
    zone: str

    def is_on(self, now: datetime) -> bool:
        """Say whether `now` lies within."""
        return any(begins <= now < ends for begins, ends in self._windows(now))

    def next_change(self, now: datetime) -> datetime | None:
        """Return when it begins or ends next, in UTC; None when it never does."""
        moments = [m for window in self._windows(now) for m in window if m > now]
        return min(moments, default=None)

    def _windows(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        for ahead in LOOK_AHEAD:
            day = today + ahead * DAY
            if day.weekday() not in self.days:
                continue
            last = day if self.ends > self.begins else day + DAY
            begins = _moment(day, self.begins, zone)
            ends = _moment(last, self.ends, zone)
            if begins < ends:  # else it lies in the hour that a clock skips
                yield begins, ends


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return a time of a day in UTC. One that a clock skips in spring is as much later as it
    skips; of one that comes twice in autumn it is the first."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def in_words(days: str) -> str:
    """Return days as people say them: "every day", "Mon–Fri", "Mon, Wed". What names none is
    returned as it is."""
    named = {day.strip() for day in days.split(",")}
    if not named <= set(DAYS):
        return days
    return "every day" if len(named) == len(DAYS) else ", ".join(_runs(named))


def _runs(named: Set[str]) -> Iterator[str]:
    run: list[str] = []
    for day in (*DAYS, ""):  # the last one ends what runs to Sunday
        if day in named:
            run.append(day.capitalize())
        else:
            yield from [f"{run[0]}–{run[-1]}"] if len(run) >= RUN_MIN else run
            run = []


@lru_cache
def zones() -> frozenset[str]:
    """Return the names of the time zones that this system knows."""
    return frozenset(available_timezones())
