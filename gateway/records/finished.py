"""What is kept of a call once it is over. No prompt, no answer, no key."""

from typing import NamedTuple


# A NamedTuple, not a frozen dataclass: one is made per request, at a quarter of the cost.
class FinishedCall(NamedTuple):
    """One request with a valid key, from its first byte to its last.

    Fields that the request never came to are "" or None: unknown is None, never zero.
    """

    id: str
    began_at: float
    """Unix time, in seconds."""
    key_id: int
    key_name: str
    operation: str
    """"chat" or "embeddings"."""
    layer: str = ""
    """"l1", "l2", "l3", "embedding"; "" when the request was refused before that."""
    asked: str = ""
    """The model's name as the client asked, cut to 200 characters."""
    model: str = ""
    """The model id that served, or was tried last."""
    provider: str = ""
    preset: str = ""
    """The preset's name; "" when none was active."""
    revision: int = 0
    source: str = ""
    """The rung that the model came from: "preset", "env", "dotenv" or "default"."""
    status: int = 200
    """The HTTP status of the answer; 499 when the client hung up first."""
    error: str = ""
    """The error's code, or its type where it has none; "" when all was well."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    """What the provider said it cost; None when it said nothing."""
    first_chunk_s: float | None = None
    """From the request's begin to the first chunk of a stream."""
    duration_s: float = 0.0
    upstream_s: float = 0.0
    """Of the duration, the time spent waiting for the provider."""
    is_streamed: bool = False
    fallback: str = ""
    """Why a fallback model served: the error's code, or "budget"; "" when none did."""
    attempts: int = 0
    """How many requests were sent to providers."""
    canary: str = ""
    """The side of a canary: "control" or "candidate"; "" when none ran, or it had no part."""
    abilities: str = ""
    """What it used of the model, as `gateway/abilities.py` writes it."""
