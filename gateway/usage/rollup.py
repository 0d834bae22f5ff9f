"""Rolling calls up by the hour and the day. Each is added once, in the order of its id and in
the transaction that moves the mark past it; one that comes in late counts in its own hour."""

import logging
import time
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils import timezone

from gateway.records.models import CallRecord
from gateway.usage.models import DailyUsage, HourlyUsage, RollUpMark, Usage
from gateway.usage.totals import GROUP, TOTALS, by_hour

logger = logging.getLogger(__name__)

STEP = 50_000
WRITERS_S, WRITERS_POLL_S = 2.0, 0.02

Values = Mapping[str, Any]

# Transactions that write calls now: they may hold lower ids than the highest that is seen.
_WRITERS = """
    SELECT virtualtransaction FROM pg_locks
    WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND relation = %s::regclass AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
"""


def mark() -> RollUpMark:
    """Return how far the calls are rolled up."""
    return RollUpMark.objects.get_or_create(pk=1)[0]


def roll_up(within_s: float) -> bool:
    """Add the calls that there are by now; False when `within_s` was over before the end.

    May run twice at once: each step is taken by one of them.
    """
    until, began_at = time.monotonic() + within_s, timezone.now()
    if (newest := _newest_settled()) is None:
        return True
    while (begin := mark().call_id) < newest:
        if time.monotonic() > until:
            return False
        _step(begin, newest)
    RollUpMark.objects.filter(pk=1).update(at=began_at)
    return True


def _step(begin: int, newest: int) -> None:
    """Add the next calls after id `begin`, unless somebody else did."""
    calls = CallRecord.objects.filter(pk__gt=begin, pk__lte=newest)
    first = calls.aggregate(first=Min("pk"))["first"] or newest
    end = min(first + STEP - 1, newest)
    # Summed up before the transaction: in SQLite nobody else can write while one is open.
    groups = by_hour(calls.filter(pk__lte=end))
    with transaction.atomic():
        if RollUpMark.objects.filter(pk=1, call_id=begin).update(call_id=end):
            _add(HourlyUsage, groups)
            _add(DailyUsage, [{**group, "begin": _day_of(group)} for group in groups])


def _day_of(group: Values) -> datetime:
    begin: datetime = group["begin"]
    return begin.replace(hour=0)


def _add(table: type[Usage], groups: Collection[Values]) -> None:
    """Add the totals of groups to the rows of a table. Call it under the mark's lock."""
    begins = {group["begin"] for group in groups}
    kept = table._default_manager.filter(begin__in=begins).values()
    sums: dict[tuple[Any, ...], Values] = {_identity(row): row for row in kept}
    for group in groups:
        sums[_identity(group)] = _plus(group, sums.get(_identity(group)))
    changed = {_identity(group) for group in groups}
    table._default_manager.bulk_create(
        [table(**sums[identity]) for identity in changed],
        update_conflicts=True,
        unique_fields=GROUP,
        update_fields=("key_name", *TOTALS),
    )


def _identity(values: Values) -> tuple[Any, ...]:
    return tuple(values[name] for name in GROUP)


def _plus(group: Values, row: Values | None) -> Values:
    """Return a group with the totals of a row of the same group added."""
    if row is None:
        return group
    return {**group, **{name: row[name] + group[name] for name in TOTALS}}


def _newest_settled() -> int | None:
    """Return an id below which no call can appear any more; None when it is not known.

    An id is given before the commit: in PostgreSQL a lower one can appear after a higher
    one. Whoever may hold one is waited for, but not for long.
    """
    newest: int = CallRecord.objects.aggregate(newest=Max("pk"))["newest"] or 0
    if connection.vendor != "postgresql":
        return newest
    until, awaited = time.monotonic() + WRITERS_S, _writers()
    while awaited:
        if time.monotonic() > until:
            logger.warning(
                "Calls cannot be rolled up: a transaction on them stays open."
            )
            return None
        time.sleep(WRITERS_POLL_S)
        awaited &= _writers()
    return newest


def _writers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS, [CallRecord._meta.db_table])
        return {row[0] for row in cursor.fetchall()}
