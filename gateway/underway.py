"""A call while it is underway, and what gathers in it: who serves it, how often a provider
was asked, what it took."""

import random
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.call_line import log_call
from gateway.keys import KeyInfo
from gateway.plans import Candidate, Plan

Operation = Literal["chat", "embeddings"]


@dataclass(slots=True)
class Call:
    """One request to one layer, from its first byte to its last. What is fixed stands
    first, what gathers after that."""

    id: str
    plan: Plan
    key: KeyInfo | None
    operation: Operation
    is_streamed: bool
    began_at: float
    """Unix time."""
    began: float
    """Monotonic time; what follows is in seconds."""

    served: Candidate = field(init=False)
    """Who answers; before that, who is asked first."""
    fallback: str = ""
    """Why a fallback answers: the code of the first model's error, or "budget"."""
    cut: str = ""
    """How it is on record when whoever made it ends it early; "" is a client that left."""
    attempts: int = 0
    waited_s: float = 0.0
    """For the provider: to the end of an answer, or to the first chunk of a stream."""
    first_chunk_s: float | None = None
    usage: dict[str, Any] | None = None
    abilities: str = ""
    """What of the model it uses, as `gateway/abilities.py` writes it."""
    head: dict[str, Any] = field(init=False)
    """What every chunk of its stream has alike; {} where nothing is streamed."""

    def __post_init__(self) -> None:
        self.served = self.plan.candidates[0]
        self.head = self._stream_head() if self.is_streamed else {}

    def _stream_head(self) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self.id}",
            "object": "chat.completion.chunk",
            "created": int(self.began_at),
            "model": self.plan.target.asked,
        }


def begin(
    plan: Plan,
    operation: Operation,
    *,
    key: KeyInfo | None = None,
    call_id: str = "",
    is_streamed: bool = False,
    began: float | None = None,
) -> Call:
    """Begin a call, and log it. `began` is when its request came, in monotonic time."""
    now = time.monotonic()
    call = Call(
        id=call_id or new_id(),
        plan=plan,
        key=key,
        operation=operation,
        is_streamed=is_streamed,
        began_at=time.time(),
        began=now if began is None else began,
    )
    log_call(call.served.model, call.served.described, call.id)
    return call


def new_id() -> str:
    """Return an id for a call, as clients see it in `X-Request-Id`. It begins with the time:
    so its row goes to the end of the index, at a fifth of the cost in a large table."""
    return f"req_{time.time_ns() // 1000:014x}{random.getrandbits(72):018x}"
