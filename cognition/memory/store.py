"""`remember` and `recall`: what is kept of a person, and what of it is nearest in meaning."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cognition.conversations.models import Turn
from cognition.memory.matrices import MATRICES, Ids
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.space import Matrix, Space, unpacked

Kind = Memory.Kind

SPARE = 32
"""Looked at beyond what is wanted: some are of turns that are left out, or gone."""


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector as it is kept, the space it lives in, and the revision it was made under."""

    kept: bytes
    space: Space
    revision: int


@dataclass(frozen=True, slots=True)
class Recalled:
    """A memory that came back; `similarity` is the cosine, from -1 to 1."""

    id: int
    text: str
    similarity: float
    created_at: datetime


def remember(
    person: str,
    text: str,
    kind: Kind,
    *,
    turn: Turn | None = None,
    vectors: Iterable[Vector] = (),
) -> Memory:
    """Keep a text, and its vectors in as many spaces as there are. Call it in a
    transaction: both or nothing."""
    memory = Memory.objects.create(person=person, text=text, kind=kind, turn=turn)
    keep_vectors([(memory, vector) for vector in vectors])
    return memory


def keep_vectors(vectors: Iterable[tuple[Memory, Vector]]) -> int:
    """Keep vectors beside those that there are; one that is there already stays as it is.
    Return how many were given."""
    rows = [
        MemoryVector(
            memory=memory,
            person=memory.person,
            model=vector.space.model,
            dimension=vector.space.dimension,
            revision=vector.revision,
            vector=vector.kept,
        )
        for memory, vector in vectors
    ]
    MemoryVector.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def recall(
    person: str,
    vector: Vector,
    count: int,
    *,
    except_turns: Collection[int] = (),
) -> list[Recalled]:
    """Return the `count` memories of a person that are nearest to a vector, the nearest
    first; only those in its space are looked at. A text that was kept twice comes once."""
    memories, rows = MATRICES.read(person, vector.space)
    nearest = _nearest(memories, rows, vector, count + SPARE)
    found = Memory.objects.filter(pk__in=nearest, person=person)
    by_text: dict[str, Recalled] = {}
    for memory in sorted(found, key=lambda memory: -nearest[memory.pk]):
        if memory.turn_id not in except_turns:
            here = Recalled(
                memory.pk, memory.text, nearest[memory.pk], memory.created_at
            )
            by_text.setdefault(memory.text, here)
    return list(by_text.values())[:count]


def _nearest(
    memories: Ids, rows: Matrix, vector: Vector, count: int
) -> dict[int, float]:
    """Return memory -> similarity of the `count` nearest rows."""
    if not len(rows):
        return {}
    similar = rows @ unpacked(vector.kept, vector.space.dimension)[0]
    count = min(count, len(similar))
    best = np.argpartition(-similar, count - 1)[:count]
    return {int(memories[i]): float(similar[i]) for i in best}
