"""How long each step of a call may take. A read timeout is no deadline: a body that drips
byte by byte never trips one, so the total is bounded too."""

import asyncio
import time
from dataclasses import dataclass

CONNECT_S = 5.0


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds for one call: to the first chunk of a stream, between chunks, and in all."""

    first_chunk_s: float = 30.0
    between_chunks_s: float = 30.0
    total_s: float = 300.0


def until(moment: float) -> asyncio.Timeout:
    """Bound a block: it raises TimeoutError at `moment`, a monotonic time."""
    return asyncio.timeout(moment - time.monotonic())
