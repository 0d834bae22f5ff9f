"""What is summed up of calls: the groups, and the expressions that count them in the database.
Where the sums go is in `rollup`."""

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncHour

from gateway.budgets import BUDGET_S
from gateway.records.models import CallRecord
from gateway.usage.first_chunk import BUCKETS

CLIENT_GONE = 499
GROUP = ("begin", "key_id", "layer", "model", "provider", "preset")
"""What the calls of a row of HourlyUsage have in common."""
# Names that a call has as well cannot be given to a sum.
_SUM = "sum_"


def _is_over_budget() -> Q:
    late = Q()
    for layer, budget_s in BUDGET_S.items():
        late |= Q(layer=layer, first_chunk_s__gt=budget_s)
    return late


def _first_chunks() -> dict[str, Count]:
    counts, begin_s = {}, -1.0
    for name, end_s in BUCKETS.items():
        within = Q(first_chunk_s__gt=begin_s)
        if end_s < float("inf"):
            within &= Q(first_chunk_s__lte=end_s)
        counts[name], begin_s = Count("pk", filter=within), end_s
    return counts


# Not answered at all is no cost; answered without a word about it is an unknown one.
_WAS_ANSWERED = Q(status__in=(200, CLIENT_GONE))

TOTALS: Mapping[str, Any] = {
    "calls": Count("pk"),
    "errors": Count("pk", filter=~Q(error="") & ~Q(status=CLIENT_GONE)),
    "fallbacks": Count("pk", filter=~Q(fallback="")),
    "input_tokens": Coalesce(Sum("input_tokens"), 0),
    "output_tokens": Coalesce(Sum("output_tokens"), 0),
    "cost_usd": Coalesce(Sum("cost_usd"), Decimal(0)),
    "cost_unknown": Count("pk", filter=_WAS_ANSWERED & Q(cost_usd=None)),
    "duration_s": Sum("duration_s"),
    "over_budget": Count("pk", filter=_is_over_budget()),
    **_first_chunks(),
}
"""What is added up, under the names that HourlyUsage has for it."""


def by_hour(calls: QuerySet[CallRecord]) -> list[dict[str, Any]]:
    """Return the totals of `calls` by GROUP, under the names of HourlyUsage's fields. A call
    without a key's row has the key 0."""
    sums = {f"{_SUM}{name}": total for name, total in TOTALS.items()}
    groups = (
        calls.annotate(begin=TruncHour("began_at", tzinfo=UTC))
        .order_by()
        .values(*GROUP)
        .annotate(**sums, **{f"{_SUM}key_name": Max("key_name")})
    )
    named = ({k.removeprefix(_SUM): v for k, v in group.items()} for group in groups)
    return [{**group, "key_id": group["key_id"] or 0} for group in named]
