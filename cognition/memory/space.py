"""A space of vectors: only those of one embedding model and one length can be compared. And
vectors as they are kept: float32, little endian, of length 1."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from brains.selection import Selection

Matrix = npt.NDArray[np.float32]

FORMAT = "<f4"


@dataclass(frozen=True, slots=True)
class Space:
    """What one embedding model's vectors live in."""

    model: str
    dimension: int

    def __str__(self) -> str:
        return f"{self.model} ({self.dimension})"


def space_of(selection: Selection) -> Space:
    """Return the space that a selection's embedding layer fills."""
    return Space(selection.choice("embedding").value, selection.dimension)


def packed(numbers: Sequence[float] | Matrix) -> bytes:
    """Return a vector as it is kept. One of zeros alone stays what it is: it is like nothing."""
    vector = np.asarray(numbers, dtype=np.float64)
    length = float(np.linalg.norm(vector))
    return (vector / length if length else vector).astype(FORMAT).tobytes()


def unpacked(kept: bytes | memoryview, dimension: int) -> Matrix:
    """Return kept vectors, one behind the other, as rows of `dimension` numbers."""
    return np.frombuffer(kept, dtype=FORMAT).reshape(-1, dimension)
