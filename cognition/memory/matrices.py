"""The vectors of people as matrices in this process's memory: a recall multiplies one with a
vector. Each follows the table, whose rows of a person and space are only ever added to; what
was deleted since is found out when the texts are fetched, so nothing deleted is recalled."""

import threading
from collections import OrderedDict
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cognition.memory.models import MemoryVector
from cognition.memory.space import Matrix, Space, unpacked

Ids = npt.NDArray[np.int64]
Row = tuple[int, int, bytes | memoryview]
"""Of the table: its id, the memory's, the vector."""

BYTES_MAX = 512 * 1024 * 1024
"""Of all matrices of a process; those used least recently go first."""
READ_AT_ONCE = 5_000
# A row may become visible after others with higher ids, of a writer that was quicker: so
# much of the end is looked at again each time.
OVERLAP = 32


class Rows:
    """The vectors of one person in one space."""

    def __init__(self, person: str, space: Space) -> None:
        self._person, self._space = person, space
        self._lock = threading.Lock()
        self._ids: Ids = np.empty(0, np.int64)
        self._memories: Ids = np.empty(0, np.int64)
        self._vectors: Matrix = np.empty((0, space.dimension), np.float32)
        self._count = 0

    @property
    def size(self) -> int:
        """How many bytes its vectors take."""
        return self._vectors.nbytes

    def read(self) -> tuple[Ids, Matrix]:
        """Return the memories and their vectors, row by row, as of now."""
        with self._lock:
            for block in self._new():
                self._add(block)
            return self._memories[: self._count], self._vectors[: self._count]

    def _new(self) -> Iterator[list[Row]]:
        known = {int(pk) for pk in self._ids[: self._count][-OVERLAP:]}
        last = min(known) - 1 if self._count >= OVERLAP else 0
        rows = MemoryVector.objects.filter(
            person=self._person,
            model=self._space.model,
            dimension=self._space.dimension,
        ).order_by("pk")
        while True:
            found = rows.filter(pk__gt=last).values_list("pk", "memory_id", "vector")
            block = list(found[:READ_AT_ONCE])
            if not block:
                return
            last = block[-1][0]
            yield [row for row in block if row[0] not in known]

    def _add(self, block: list[Row]) -> None:
        if not block:
            return
        start, end = self._count, self._count + len(block)
        if end > len(self._ids):
            self._grow(max(end, 2 * len(self._ids)))
        self._ids[start:end] = [row[0] for row in block]
        self._memories[start:end] = [row[1] for row in block]
        kept = b"".join(row[2] for row in block)
        self._vectors[start:end] = unpacked(kept, self._space.dimension)
        self._count = end

    def _grow(self, room: int) -> None:
        ids, memories = np.empty(room, np.int64), np.empty(room, np.int64)
        vectors = np.empty((room, self._space.dimension), np.float32)
        for fresh, old in ((ids, self._ids), (memories, self._memories)):
            fresh[: self._count] = old[: self._count]
        vectors[: self._count] = self._vectors[: self._count]
        self._ids, self._memories, self._vectors = ids, memories, vectors


class Matrices:
    """The matrices of a process."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._rows: OrderedDict[tuple[str, Space], Rows] = OrderedDict()

    def read(self, person: str, space: Space) -> tuple[Ids, Matrix]:
        """Return a person's memories in a space, and their vectors, as of now."""
        key = (person, space)
        with self._lock:
            rows = self._rows.setdefault(key, Rows(person, space))
            self._rows.move_to_end(key)
        read = rows.read()
        self._make_room()
        return read

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
