"""The ways in which a model can be told to answer: late, wrong, cut short, never."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Behaviour:
    """How a model answers. Numbers of chunks count those with content (or raw pieces)."""

    latency_s: float = 0.0  # before the first byte
    chunk_count: int = 3
    chunk_interval_s: float = 0.0
    status: int = 200
    # A JSON value, or bytes, in place of the answer; or what makes one of the request's body.
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | Sequence[bytes] = ()  # pieces written in place of the SSE events
    drop_after: int | None = None  # RST after so many chunks
    hold_after: int | None = None  # stand still after so many chunks, until release()
    end_without_done: bool = False  # clean end, with no finish_reason and no [DONE]
    dimension: int | None = None  # of vectors, even when the request asks for another
    by_words: bool = False  # texts that share words have vectors that are near
    tool_calls: Sequence[Any] = ()
    stall: bool = False  # take the request and never answer
    times: int | None = None  # for so many requests, then as if never scripted

    @property
    def pieces(self) -> Sequence[bytes]:
        """What `raw` says, as the pieces that are written one by one."""
        return [self.raw] if isinstance(self.raw, bytes) else self.raw


class Scripts:
    """The behaviour of each model, and of all models that have none of their own."""

    def __init__(self) -> None:
        self._scripts: dict[str | None, Behaviour] = {}

    def set(self, model: str | None, behaviour: Behaviour) -> None:
        """Let `model` behave so; None stands for each model with no script."""
        self._scripts[model] = behaviour

    def take(self, model: str) -> Behaviour:
        """Return how to answer one request for `model`, which uses up one of `times`."""
        key = model if model in self._scripts else None
        behaviour = self._scripts.get(key, Behaviour())
        if behaviour.times is not None:
            self._scripts[key] = replace(behaviour, times=behaviour.times - 1)
            if behaviour.times <= 1:
                del self._scripts[key]
        return behaviour
