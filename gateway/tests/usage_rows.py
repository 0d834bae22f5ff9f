"""Calls on record, as the usage tests make them."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from gateway.records.models import CallRecord

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
_numbers = count(1)


def call(minute: float = 0, hour: datetime = NOON, **fields: Any) -> CallRecord:
    """Return a row, not saved: a good call to L3 at a minute of an hour."""
    values = {
        "call_id": f"call-{next(_numbers)}",
        "began_at": hour + timedelta(minutes=minute),
        "key_name": "web app",
        "operation": "chat",
        "layer": "l3",
        "asked": "aura/l3",
        "model": "deepseek/deepseek-chat",
        "provider": "openrouter",
        "preset": "Budget",
        "revision": 7,
        "source": "preset",
        "status": 200,
        "error": "",
        "input_tokens": 100,
        "output_tokens": 10,
        "cost_usd": "0.0001",
        "cost_source": "provider",
        "first_chunk_s": 0.3,
        "duration_s": 1.0,
        "overhead_s": 0.001,
        "is_streamed": True,
        "fallback": "",
        "attempts": 1,
    }
    return CallRecord(**{**values, **fields})


def record(*calls: CallRecord) -> list[CallRecord]:
    """Save rows, as the recorder does: in one batch."""
    return CallRecord.objects.bulk_create(calls)
