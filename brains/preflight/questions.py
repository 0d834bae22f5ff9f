"""What is asked of whom in a check: a fixed number of small questions to each layer's own
model. Its fallbacks are named and not asked."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from brains.layers import EMBEDDING, L1, LAYERS
from brains.selection import Selection
from providers.registry import Route

# The least that every provider takes (OpenAI: max_output_tokens is 16 or more).
TOKENS = 16
L1_TIMES = 5
# What OpenAI's newer models call max_tokens; they refuse the older name.
NEWER_LIMIT = "max_completion_tokens"
TOTAL = L1_TIMES + len(LAYERS) - 1
TEXT = "Are you there? Answer with one word."
# Another number where what is asked, or how findings are kept, becomes another.
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Question:
    """What one layer's model is asked, and how often; `dimension` is the length that its
    vectors should have, 0 for text."""

    layer: str
    model: str
    route: Route
    fallbacks: tuple[str, ...]
    times: int
    dimension: int
    limit: str = "max_tokens"

    @property
    def body(self) -> dict[str, Any]:
        """What is sent, without the name of the model."""
        if self.dimension:
            return {"input": TEXT}  # no `dimensions`: the true length is wanted
        return {"messages": [{"role": "user", "content": TEXT}], self.limit: TOKENS}


def questions_of(selection: Selection) -> tuple[Question, ...]:
    """Return the question for each layer, in order."""
    return tuple(_question(selection, layer.name) for layer in LAYERS)


def digest_of(questions: Sequence[Question]) -> str:
    """Return SHA-256 (hex) of what is asked whom: equal only when an answer to one set of
    questions is one to the other. No key is in it, only whether there is one."""
    seen = [
        [q.layer, q.model, q.route.model, q.times, q.dimension, *_place(q.route)]
        for q in questions
    ]
    text = json.dumps([_VERSION, seen])
    return hashlib.sha256(text.encode()).hexdigest()


def _question(selection: Selection, layer: str) -> Question:
    model = selection.choice(layer).value
    return Question(
        layer=layer,
        model=model,
        route=settings.AURA_PROVIDERS.route(model),
        fallbacks=selection.fallbacks(layer),
        times=L1_TIMES if layer == L1.name else 1,
        dimension=selection.dimension if layer == EMBEDDING.name else 0,
    )


def _place(route: Route) -> list[Any]:
    provider = route.provider
    addresses = [provider.base_url, provider.embedding_base_url]
    return [provider.name, *addresses, bool(provider.key)]
