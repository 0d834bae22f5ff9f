"""The vectors of people as matrices in this process's memory: a recall multiplies one with a
vector. Each follows the table, whose rows of a person and space are added to, one by one, and
deleted; one that is too large to be held is read block by block each time."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from cognition.memory.models import MemoryVector
from cognition.memory.space import Matrix, Space, unpacked

Ids = npt.NDArray[np.int64]
Row = tuple[int, int, bytes | memoryview]
"""Of the table: its id, the memory's, the vector."""
Block = tuple[Ids, Matrix]
"""Memories and their vectors, row by row."""

BYTES_MAX = 512 * 1024 * 1024
"""Of all matrices of a process; those used least recently go first."""
READ_AT_ONCE = 5_000
# A row may become visible after others with higher ids, of a writer that was quicker: so
# much of the end is looked at again each time. Where some of it is gone, all is read anew.
OVERLAP = 32


class Rows:
    """The vectors of one person in one space, of at most so many bytes."""

    def __init__(self, person: str, space: Space, bytes_max: int) -> None:
        self._person, self._space = person, space
        self._rows_max = bytes_max // (space.dimension * 4)
        self._lock = threading.Lock()
        self._is_too_large = False
        self._ids: Ids
        self._memories: Ids
        self._vectors: Matrix
        self._count: int
        self._empty()

    @property
    def size(self) -> int:
        """How many bytes its vectors take."""
        return self._vectors.nbytes

    def read(self) -> Iterable[Block]:
        """Return all of it, as of now: what is held, or else blocks that are read one after
        the other."""
        with self._lock:
            while not self._is_too_large:
                if self._follow():
                    count = self._count
                    return [(self._memories[:count], self._vectors[:count])]
        return self._scanned()

    def _follow(self) -> bool:
        """Add what is new. False when that cannot be held, or when some of what was held is
        gone: then nothing is held any more."""
        known = {int(pk) for pk in self._ids[: self._count][-OVERLAP:]}
        missing = set(known)
        for block in self._blocks(min(known) - 1 if len(known) == OVERLAP else 0):
            missing -= {row[0] for row in block}
            fresh = [row for row in block if row[0] not in known]
            self._is_too_large = self._count + len(fresh) > self._rows_max
            if self._is_too_large:
                break
            self._add(fresh)
        if missing or self._is_too_large:
            self._empty()
            return False
        return True

    def _scanned(self) -> Iterator[Block]:
        count = 0
        for block in self._blocks(0):
            count += len(block)
            memories = np.array([row[1] for row in block], np.int64)
            yield memories, self._unpacked(block)
        self._is_too_large = count > self._rows_max

    def _blocks(self, after: int) -> Iterator[list[Row]]:
        rows = MemoryVector.objects.filter(
            person=self._person,
            model=self._space.model,
            dimension=self._space.dimension,
        ).order_by("pk")
        is_last = False
        while not is_last:
            found = rows.filter(pk__gt=after).values_list("pk", "memory_id", "vector")
            block = list(found[:READ_AT_ONCE])
            is_last = len(block) < READ_AT_ONCE
            if block:
                after = block[-1][0]
                yield block

    def _unpacked(self, block: list[Row]) -> Matrix:
        return unpacked(b"".join(row[2] for row in block), self._space.dimension)

    def _add(self, block: list[Row]) -> None:
        if not block:
            return
        start, end = self._count, self._count + len(block)
        if end > len(self._ids):
            self._grow(max(end, min(2 * len(self._ids), self._rows_max)))
        self._ids[start:end] = [row[0] for row in block]
        self._memories[start:end] = [row[1] for row in block]
        self._vectors[start:end] = self._unpacked(block)
        self._count = end

    def _grow(self, room: int) -> None:
        ids, memories = np.empty(room, np.int64), np.empty(room, np.int64)
        vectors = np.empty((room, self._space.dimension), np.float32)
        for fresh, old in ((ids, self._ids), (memories, self._memories)):
            fresh[: self._count] = old[: self._count]
        vectors[: self._count] = self._vectors[: self._count]
        self._ids, self._memories, self._vectors = ids, memories, vectors

    def _empty(self) -> None:
        # New arrays: whoever reads the old ones may go on.
        self._ids, self._memories = np.empty(0, np.int64), np.empty(0, np.int64)
        self._vectors = np.empty((0, self._space.dimension), np.float32)
        self._count = 0


class Matrices:
    """The matrices of a process."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._rows: OrderedDict[tuple[str, Space], Rows] = OrderedDict()

    def read(self, person: str, space: Space) -> Iterable[Block]:
        """Return a person's memories in a space, and their vectors, as of now."""
        key = (person, space)
        with self._lock:
            if (rows := self._rows.get(key)) is None:
                rows = self._rows[key] = Rows(person, space, self._bytes_max)
            self._rows.move_to_end(key)
        read = rows.read()
        self._make_room()
        return read

    def drop(self, person: str) -> None:
        """Hold nothing of a person any more."""
        with self._lock:
            for key in [key for key in self._rows if key[0] == person]:
                del self._rows[key]

    def forget(self) -> None:
        """Go back to the state of a process that has read nothing."""
        with self._lock:
            self._rows.clear()

    def _make_room(self) -> None:
        with self._lock:
            taken = sum(rows.size for rows in self._rows.values())
            while taken > self._bytes_max and self._rows:
                _, gone = self._rows.popitem(last=False)
                taken -= gone.size


MATRICES = Matrices()
