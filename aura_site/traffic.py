"""How much each layer was used lately. The preview of a change is in `brains`, the figures are
in `gateway`: they meet here."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Sum
from django.utils import timezone

from brains.preview.traffic import DAYS, Used
from gateway.abilities import names
from gateway.records.models import CallRecord
from gateway.usage.models import HourlyUsage


def used() -> Mapping[str, Used]:
    """Return layer -> tokens of the last days, from the hourly sums, and the calls that used
    an ability, from the calls themselves."""
    since = timezone.now() - timedelta(days=DAYS)
    rows: Any = (
        HourlyUsage.objects.filter(begin__gte=since)
        .values("layer")
        .order_by("layer")
        .annotate(sent=Sum("input_tokens"), answered=Sum("output_tokens"))
    )
    tokens = {row["layer"]: (int(row["sent"]), int(row["answered"])) for row in rows}
    abilities = _abilities(since)
    return {
        layer: Used(*tokens.get(layer, (0, 0)), abilities.get(layer, {}))
        for layer in sorted(tokens.keys() | abilities.keys())
        if layer
    }


def _abilities(since: datetime) -> Mapping[str, Mapping[str, int]]:
    rows: Any = (
        CallRecord.objects.filter(began_at__gte=since)
        .exclude(abilities="")
        .values("layer", "abilities")
        .order_by("layer", "abilities")
        .annotate(calls=Count("id"))
    )
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for name in names(row["abilities"]):
            found[row["layer"]][name] += row["calls"]
    return found
