"""What came of the calls of both sides of a canary, layer by layer. Read from the calls
themselves, since roll-ups do not know the sides; so it is bounded."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, IntegerField, QuerySet
from django.db.models.functions import Cast

from gateway.records.models import CallRecord
from gateway.usage.totals import TOTALS

CALLS_MAX = 20_000
"""The newest calls that are looked at: so it takes the same time however long it runs."""


@dataclass(frozen=True)
class Sum:
    """The calls of one side; `priced` of them have a known cost, whose sum is `cost_usd`."""

    calls: int = 0
    errors: int = 0
    priced: int = 0
    cost_usd: Decimal = Decimal(0)
    first_chunks: Counter[int] = field(default_factory=Counter)
    """Milliseconds to the first chunk of a stream -> how many streams."""

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(
            self.calls + other.calls,
            self.errors + other.errors,
            self.priced + other.priced,
            self.cost_usd + other.cost_usd,
            self.first_chunks + other.first_chunks,
        )

    @property
    def cost_per_call(self) -> Decimal | None:
        """The mean of what is known, in USD."""
        return self.cost_usd / self.priced if self.priced else None

    def first_chunk_s(self, share: float) -> float | None:
        """Return the seconds within which `share` (0 to 1) of the first chunks came, to the
        millisecond; None when there were none. Not by the buckets of the roll-ups: they
        are too wide to tell two sides apart."""
        wanted, passed = share * self.first_chunks.total(), 0
        for ms in sorted(self.first_chunks):
            passed += self.first_chunks[ms]
            if passed >= wanted:
                return ms / 1000
        return None


Side = Mapping[str, Sum]
"""Layer -> the sum of its calls."""


def sides(since: datetime) -> dict[str, Side]:
    """Return side -> its calls since then, the newest CALLS_MAX of both together."""
    calls = CallRecord.objects.filter(began_at__gte=since).exclude(canary="")
    newest = calls.order_by("-began_at", "-id").values("pk")[:CALLS_MAX]
    seen = CallRecord.objects.filter(pk__in=newest).order_by()
    chunks = _first_chunks(seen)
    groups = seen.values("canary", "layer").annotate(
        calls=TOTALS["calls"],
        errors=TOTALS["errors"],
        priced=Count("cost_usd"),
        cost=TOTALS["cost_usd"],
    )
    found: dict[str, dict[str, Sum]] = {}
    for group in groups:
        found.setdefault(group["canary"], {})[group["layer"]] = Sum(
            group["calls"],
            group["errors"],
            group["priced"],
            Decimal(group["cost"]),
            chunks.get((group["canary"], group["layer"]), Counter()),
        )
    return {**found}


def total(side: Side) -> Sum:
    """Return the sum over all layers."""
    return sum(side.values(), Sum())


def _first_chunks(
    calls: QuerySet[CallRecord],
) -> dict[tuple[str, str], Counter[int]]:
    """Return side and layer -> how many first chunks took how many milliseconds."""
    ms = Cast(F("first_chunk_s") * 1000, IntegerField())
    groups = (
        calls.exclude(first_chunk_s=None)
        .annotate(ms=ms)
        .values_list("canary", "layer", "ms")
        .annotate(streams=Count("pk"))
    )
    found: dict[tuple[str, str], Counter[int]] = {}
    for side, layer, time_ms, streams in groups:
        found.setdefault((side, layer), Counter())[time_ms] = streams
    return found
