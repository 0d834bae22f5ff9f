"""Calls that are over, and what of them is on record, for the tests of what records them."""

import time
from itertools import count
from pathlib import Path
from typing import Any

from gateway.records.entry import entry_of, line_of
from gateway.records.finished import FinishedCall
from gateway.records.models import CallRecord
from gateway.records.rows import database_place
from gateway.records.spool import Spool

TABLE = CallRecord._meta.db_table
_numbers = count(1)


def finished(**fields: Any) -> FinishedCall:
    """Return a call that is over: a good one to L3, unless the fields say otherwise."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "id": f"req_{number:032x}",
        "began_at": time.time(),
        "key_id": 7,
        "key_name": "web app",
        "operation": "chat",
        "layer": "l3",
        "asked": "aura/l3",
        "model": "deepseek/deepseek-chat",
        "provider": "openrouter",
        "preset": "Budget",
        "revision": 17,
        "source": "preset",
        "status": 200,
        "error": "",
        "input_tokens": 120,
        "output_tokens": 350,
        "cost_usd": 0.000123,
        "first_chunk_s": 0.25,
        "duration_s": 1.5,
        "upstream_s": 1.25,
        "is_streamed": True,
        "fallback": "",
        "attempts": 1,
    }
    return FinishedCall(**{**values, **fields})


def batch(size: int) -> list[FinishedCall]:
    """Return so many calls."""
    return [finished() for _ in range(size)]


def on_record() -> list[str]:
    """Return the ids of the calls in the database, in the order of their ids."""
    return sorted(CallRecord.objects.values_list("call_id", flat=True))


def ids(calls: list[FinishedCall]) -> list[str]:
    """Return their ids, in order."""
    return sorted(call.id for call in calls)


def spool_files(folder: Path) -> list[Path]:
    """Return the files in which calls wait."""
    return sorted(folder.glob("calls-*.jsonl"))


def lines_of(calls: list[FinishedCall]) -> list[bytes]:
    """Return the calls as they wait on disk."""
    return [line_of(entry_of(call)) for call in calls]


def left_behind(folder: Path, *lines: bytes) -> Path:
    """Write a file as a process leaves it that was killed."""
    dead = Spool(folder, database_place())
    dead.append(lines)
    dead.close()
    [path] = spool_files(folder)
    return path
