"""How long each step of a call may take. A read timeout is no deadline: a body that drips
byte by byte never trips one, so the total is bounded too."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds for one call: to the first chunk of a stream, between chunks, in all, and to
    a connection where a new one is opened."""

    first_chunk_s: float = 30.0
    between_chunks_s: float = 30.0
    total_s: float = 300.0
    connect_s: float = 5.0
