"""What came of the calls of both sides of a canary, layer by layer. Read from the calls
themselves, since roll-ups do not know the sides; so it is bounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count

from gateway.records.models import CallRecord
from gateway.usage.spans import Tally
from gateway.usage.totals import TOTALS

CALLS_MAX = 50_000
"""The newest calls that are looked at: a tenth of a second or two of the database."""


@dataclass(frozen=True, slots=True)
class Sum:
    """The calls of one side; `priced` of them have a known cost."""

    tally: Tally = Tally()
    priced: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.tally + other.tally, self.priced + other.priced)

    @property
    def cost_per_call(self) -> Decimal | None:
        """The mean of what is known, in USD."""
        return self.tally.cost_usd / self.priced if self.priced else None


Side = Mapping[str, Sum]
"""Layer -> the sum of its calls."""


def sides(since: datetime) -> dict[str, Side]:
    """Return side -> its calls since then, the newest CALLS_MAX of both together."""
    calls = CallRecord.objects.filter(began_at__gte=since).exclude(canary="")
    newest = calls.order_by("-began_at", "-id").values("pk")[:CALLS_MAX]
    sums = {f"sum_{name}": total for name, total in TOTALS.items()}
    groups = (
        CallRecord.objects.filter(pk__in=newest)
        .order_by()
        .values("canary", "layer")
        .annotate(priced=Count("cost_usd"), **sums)
    )
    found: dict[str, dict[str, Sum]] = {}
    for group in groups:
        side = found.setdefault(group["canary"], {})
        side[group["layer"]] = Sum(Tally.of(group), group["priced"])
    return {**found}


def total(side: Side) -> Sum:
    """Return the sum over all layers."""
    return sum(side.values(), Sum())
