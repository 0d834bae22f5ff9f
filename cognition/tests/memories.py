"""Memories for tests: many at once, with vectors of any space, and what they have."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from brains.models import ModelPreset
from brains.space import Space
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.space import packed
from tests.upstream import FakeUpstream

E5 = Space("offline/multilingual-e5-small", 384)
WIDE = Space("openai/text-embedding-3-small", 576)
PEOPLE = ("client:ann", "client:bob", "staff:1")


def keep(count: int, *spaces: Space, people: Sequence[str] = PEOPLE) -> list[Memory]:
    """Keep memories of people in turn, each with a vector in these spaces."""
    rows = [
        Memory(
            person=people[number % len(people)],
            text=f"fact {number}",
            kind=Memory.Kind.SAID,
        )
        for number in range(count)
    ]
    Memory.objects.bulk_create(rows, batch_size=500)
    for space in spaces:
        give_vectors(rows, space)
    return rows


def give_vectors(memories: Sequence[Memory], space: Space) -> None:
    """Give each memory a vector of its own in a space."""
    numbers = np.random.default_rng(1)
    MemoryVector.objects.bulk_create(
        [
            MemoryVector(
                memory=memory,
                person=memory.person,
                model=space.model,
                dimension=space.dimension,
                revision=1,
                vector=packed(numbers.standard_normal(space.dimension).tolist()),
            )
            for memory in memories
        ],
        batch_size=500,
    )


def vector_count() -> dict[Space, int]:
    """Return how many vectors each space has."""
    rows = MemoryVector.objects.values_list("model", "dimension")
    return dict(Counter(Space(*row) for row in rows))


def wide_preset(name: str = "Wide") -> ModelPreset:
    """Return a new preset whose vectors have 576 numbers."""
    return ModelPreset.objects.create(
        name=name,
        slug=name.lower(),
        embedding_model=WIDE.model,
        embedding_dimension=WIDE.dimension,
    )


def serve_vectors(upstream: FakeUpstream) -> None:
    """Let the model server answer for both models, with vectors of their length."""
    upstream.script(WIDE.model, dimension=WIDE.dimension)
    upstream.script("multilingual-e5-small", dimension=E5.dimension)
