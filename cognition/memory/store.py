"""`remember` and `recall`: what is kept of a person, and what of it is nearest in meaning."""

import heapq
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cognition.conversations.models import Turn
from cognition.memory import pgvector
from cognition.memory.matrices import MATRICES, Block
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.questions import is_question
from cognition.memory.space import Space, unpacked

Kind = Memory.Kind

SPARE = 32
"""Looked at beyond what is wanted: some are of turns that are left out, or gone, or questions."""
SPARE_MAX = 400
"""Looked at once more where the nearest are hardly anything but questions."""


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
    """Return the `count` memories of a person that are nearest to a vector; only those in its
    space are looked at. A text that was kept twice comes once. Questions come last, in the
    places that are left: what was asked before is nearest to the same question, and answers
    nothing."""
    for spare in (SPARE, SPARE_MAX):
        found, is_all = _found(person, vector, count + spare, except_turns)
        facts = [memory for memory in found if not is_question(memory.text)]
        if is_all or len(facts) >= count:
            break
    return (facts + [memory for memory in found if memory not in facts])[:count]


def _found(
    person: str, vector: Vector, limit: int, except_turns: Collection[int]
) -> tuple[list[Recalled], bool]:
    """Return what is nearest, the nearest first, of at most `limit` rows; and whether there
    are no more."""
    nearest = _nearest(_read(person, vector, limit), vector, limit)
    kept = Memory.objects.filter(pk__in=nearest, person=person)
    rows = kept.values_list("pk", "text", "created_at", "turn")
    by_text: dict[str, Recalled] = {}
    for pk, text, when, turn in sorted(rows, key=lambda row: -nearest[row[0]]):
        if turn not in except_turns:
            by_text.setdefault(text, Recalled(pk, text, nearest[pk], when))
    return list(by_text.values()), len(nearest) < limit


def _read(person: str, vector: Vector, count: int) -> Iterable[Block]:
    """Return memories with their vectors: of this process, or those that the database finds."""
    if pgvector.is_used():
        return [pgvector.near(person, vector.space, vector.kept, count)]
    return MATRICES.read(person, vector.space)


def _nearest(blocks: Iterable[Block], vector: Vector, count: int) -> dict[int, float]:
    """Return memory -> similarity of the `count` nearest rows."""
    wanted = unpacked(vector.kept, vector.space.dimension)[0]
    best: list[tuple[float, int]] = []
    for memories, rows in blocks:
        similar = rows @ wanted
        few = min(count, len(similar))
        top = np.argpartition(-similar, few - 1)[:few] if few else ()
        best += [(float(similar[i]), int(memories[i])) for i in top]
        best = heapq.nlargest(count, best)
    return {memory: similarity for similarity, memory in best}
