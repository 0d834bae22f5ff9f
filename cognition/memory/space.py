"""Vectors as they are kept: float32, little endian, of length 1. In which spaces they live is
in `brains/space.py`."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from brains.space import Space, space_of

__all__ = ["FORMAT", "Matrix", "Space", "packed", "space_of", "unpacked"]

Matrix = npt.NDArray[np.float32]

FORMAT = "<f4"


def packed(numbers: Sequence[float] | Matrix) -> bytes:
    """Return a vector as it is kept. One of zeros alone stays what it is: it is like nothing."""
    vector = np.asarray(numbers, dtype=np.float64)
    length = float(np.linalg.norm(vector))
    return (vector / length if length else vector).astype(FORMAT).tobytes()


def unpacked(kept: bytes | memoryview, dimension: int) -> Matrix:
    """Return kept vectors, one behind the other, as rows of `dimension` numbers."""
    return np.frombuffer(kept, dtype=FORMAT).reshape(-1, dimension)
