"""How much each layer was used lately. The preview of a change is in `brains`, the figures are
in `gateway`: they meet here."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from brains.preview.traffic import DAYS, Used
from gateway.usage.models import HourlyUsage


def used() -> Mapping[str, Used]:
    """Return layer -> tokens of the last days, from the hourly sums."""
    since = timezone.now() - timedelta(days=DAYS)
    rows: Any = (
        HourlyUsage.objects.filter(begin__gte=since)
        .values("layer")
        .order_by("layer")
        .annotate(sent=Sum("input_tokens"), answered=Sum("output_tokens"))
    )
    return {
        row["layer"]: Used(int(row["sent"]), int(row["answered"]))
        for row in rows
        if row["layer"]
    }
