"""What a key has used of its limits, in words, for those who set them."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from gateway.limits.models import KeyUsage
from gateway.limits.windows import DAY, MINUTE_S, MONTH, SECOND, calendar
from gateway.models import ApiKey
from gateway.usage.words import short, usd, whole


def usage_of(row: ApiKey, wall: float | None = None) -> dict[str, str]:
    """Return what was used of each limit that a key has, by field: "Now: 12 of 60."."""
    sums = _sums(row, time.time() if wall is None else wall)
    words: dict[str, tuple[str, Any, Callable[[Any], str]]] = {
        "requests_per_minute": ("Now", sums[SECOND]["requests"], whole),
        "tokens_per_minute": ("Now", sums[SECOND]["tokens"], whole),
        "usd_per_day": ("Today", sums[DAY]["cost_usd"], usd),
        "usd_per_month": ("This month", sums[MONTH]["cost_usd"], usd),
    }
    limits = {field: getattr(row, field) for field in words}
    return {
        field: f"{when}: {say(used)} of {say(limits[field])}."
        for field, (when, used, say) in words.items()
        if limits[field]
    }


def in_short(row: ApiKey) -> str:
    """Return all limits of a key on a line: "60 requests/min · l1 l3"; "" for none."""
    return " · ".join(_each_in_short(row))


def _each_in_short(row: ApiKey) -> Iterator[str]:
    if row.requests_per_minute:
        yield f"{short(row.requests_per_minute)} requests/min"
    if row.tokens_per_minute:
        yield f"{short(row.tokens_per_minute)} tokens/min"
    if row.usd_per_day:
        yield f"{usd(row.usd_per_day)}/day"
    if row.usd_per_month:
        yield f"{usd(row.usd_per_month)}/month"
    if row.layers:
        yield row.layers.replace(",", " ")


def _sums(row: ApiKey, wall: float) -> dict[str, dict[str, Any]]:
    minute = Q(kind=SECOND, begins_at__gt=int(wall) - MINUTE_S)
    day = Q(kind=DAY, begins_at=calendar(DAY, wall)[0])
    month = Q(kind=MONTH, begins_at=calendar(MONTH, wall)[0])
    nothing = {"requests": 0, "tokens": 0, "cost_usd": Decimal()}
    found = (
        KeyUsage.objects.filter(minute | day | month, key=row)
        .order_by()
        .values("kind")
        .annotate(**{name: Sum(name) for name in nothing})
    )
    sums: dict[str, dict[str, Any]] = dict.fromkeys((SECOND, DAY, MONTH), nothing)
    return sums | {str(each["kind"]): {**each} for each in found}
