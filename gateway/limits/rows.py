"""The table of what keys have used, as one worker writes its part and reads all others'."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from gateway.limits.models import KeyUsage
from gateway.limits.windows import DAY, DAY_S, MINUTE_S, MONTH, SECOND, Exchange, Used

KEYS_MAX = 300
"""So many keys are asked for at once: SQLite takes a limited number of values."""
KEPT_S = {SECOND: 5 * MINUTE_S, DAY: 40 * DAY_S, MONTH: 400 * DAY_S}
"""How long rows stay, by kind. Nothing counts them after their window; people may look."""

_WINDOW = ("key", "kind", "begins_at")
_COUNTS = ("requests", "tokens", "cost_usd")


def trade(exchange: Exchange) -> list[Used]:
    """Write what a worker used in all, and return what others did, by window.

    Raises Django's DatabaseError or InterfaceError; to do it again does no harm.
    """
    _write(exchange)
    keys = sorted(exchange.writers)
    parts = [keys[at : at + KEYS_MAX] for at in range(0, len(keys), KEYS_MAX)]
    return [used for part in parts for used in _read(exchange, part)]


def prune(wall: float) -> None:
    """Delete rows whose window is long past."""
    past = Q()
    for kind, kept_s in KEPT_S.items():
        past |= Q(kind=kind, begins_at__lt=int(wall) - kept_s)
    KeyUsage.objects.filter(past).delete()


def _write(exchange: Exchange) -> None:
    rows = [
        KeyUsage(
            key_id=part.key_id,
            kind=part.kind,
            begins_at=part.begins_at,
            writer=exchange.writers[part.key_id],
            requests=part.requests,
            tokens=part.tokens,
            cost_usd=Decimal(f"{part.usd:.10f}"),
        )
        for part in exchange.fresh
    ]
    KeyUsage.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=(*_WINDOW, "writer"),
        update_fields=_COUNTS,
    )


def _read(exchange: Exchange, keys: list[int]) -> Iterator[Used]:
    day, month = exchange.periods
    windows = Q(kind=SECOND, begins_at__gte=exchange.since)
    windows |= Q(kind=DAY, begins_at=day) | Q(kind=MONTH, begins_at=month)
    own = [exchange.writers[key] for key in keys]
    rows = KeyUsage.objects.filter(windows, key__in=keys).exclude(writer__in=own)
    sums: dict[str, Any] = {name: Sum(name) for name in _COUNTS}
    grouped = rows.order_by().values_list(*_WINDOW).annotate(**sums)
    for key_id, kind, begins_at, requests, tokens, usd in grouped:
        yield Used(key_id, kind, begins_at, requests, tokens, float(usd))
