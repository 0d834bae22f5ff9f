"""One page of the list of calls, newest first, however many there are: found by the place where
the last one ended, never by counting, and looking through so many rows at most."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from django.db.models import Q, QuerySet

from gateway.records.models import CallRecord

DEPTH = 10_000
"""How many rows a page looks through when no index holds what it asks for."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ID_MAX = 2**63 - 1

Calls = QuerySet[CallRecord]


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two calls, and which way a page goes from there."""

    moment: datetime
    id: int
    is_upward: bool
    """Whether to newer calls."""

    def __str__(self) -> str:
        way = "newer" if self.is_upward else "older"
        return f"{way}.{(self.moment - _EPOCH) // _MICROSECOND}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the place that a link names; None, so the newest calls, for any other."""
        way, _, rest = text.partition(".")
        micros, _, number = rest.partition(".")
        if way not in ("newer", "older") or not (
            _is_number(micros) and _is_number(number)
        ):
            return None
        try:
            moment = _EPOCH + int(micros) * _MICROSECOND
        except OverflowError:
            return None
        return cls(moment, min(int(number), _ID_MAX), way == "newer")


@dataclass(frozen=True, slots=True)
class Page:
    """Calls, newest first, and the places of the pages beside it."""

    calls: list[CallRecord]
    older: Place | None
    newer: Place | None
    looked_to: datetime | None = None
    """Where it stopped looking with the page not full; None when it came to an end."""


def page_of(calls: Calls, scope: Calls | None, place: Place | None, size: int) -> Page:
    """Return the page of `calls` at a place, or the newest.

    `scope` are calls that an index holds, of which `calls` are some: DEPTH of them are looked
    through. None when an index holds `calls` as they are.
    """
    is_upward = place is not None and place.is_upward
    found = _beyond(calls, place)
    end = _end(scope, place) if scope is not None else None
    if end is not None:
        found = found.filter(**{"began_at__lte" if is_upward else "began_at__gte": end})
    rows = list(found[: size + 1])
    if is_upward and len(rows) <= size and end is None:
        return page_of(calls, scope, None, size)  # the top: a full page of the newest
    return _page(rows, size, place, end)


def _page(
    rows: list[CallRecord], size: int, place: Place | None, end: datetime | None
) -> Page:
    is_upward = place is not None and place.is_upward
    is_full = len(rows) > size
    rows = rows[:size]
    onward = None
    if is_full:
        onward = Place(rows[-1].began_at, rows[-1].pk, is_upward)
    elif end is not None:
        onward = Place(end, _ID_MAX if is_upward else 0, is_upward)
    back = None
    if place is not None:
        first = rows[0] if rows else None
        moment, number = (
            (first.began_at, first.pk) if first else (place.moment, place.id)
        )
        back = Place(moment, number, not is_upward)
    if is_upward:
        rows.reverse()
    older, newer = (back, onward) if is_upward else (onward, back)
    return Page(rows, older, newer, end if onward and not is_full else None)


def _beyond(calls: Calls, place: Place | None) -> Calls:
    """Return the calls from a place on, in its way."""
    if place is None:
        return calls.order_by("-began_at", "-id")
    if place.is_upward:
        later = Q(began_at__gt=place.moment) | Q(id__gt=place.id)
        found = calls.filter(later, began_at__gte=place.moment)
        return found.order_by("began_at", "id")
    earlier = Q(began_at__lt=place.moment) | Q(id__lt=place.id)
    found = calls.filter(earlier, began_at__lte=place.moment)
    return found.order_by("-began_at", "-id")


def _end(scope: Calls, place: Place | None) -> datetime | None:
    """Return when the call began that is DEPTH away; None when there are fewer."""
    moments = _beyond(scope, place).values_list("began_at", flat=True)
    return next(iter(moments[DEPTH : DEPTH + 1]), None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20
