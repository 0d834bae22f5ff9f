"""Texts to vectors, by the embedding layer of a brain."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cognition.brain import Brain, stamp
from cognition.memory.space import FORMAT, Space, packed
from gateway import calls
from gateway.vectors import Wanted


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors as they are kept, one per text and in order; the space they live in: that of
    the model which really served; and what the call took."""

    vectors: list[bytes]
    space: Space
    revision: int
    stamp: dict[str, Any]


async def embed(brain: Brain, texts: Sequence[str]) -> Embedded:
    """Embed texts with one call. Raises ProviderError and GatewayError."""
    dimension = brain.selection.dimension
    call = brain.call("embedding")
    body = {"input": list(texts), "encoding_format": "base64"}
    wanted = Wanted("base64", len(texts), dimension)
    answer = await calls.embed(call, body, wanted, brain.upstream)
    return Embedded(
        vectors=[_kept(row["embedding"]) for row in answer["data"]],
        space=Space(call.served.model, dimension),
        revision=brain.selection.revision,
        stamp=stamp(call),
    )


def _kept(sent: str) -> bytes:
    return packed(np.frombuffer(base64.b64decode(sent), dtype=FORMAT))
