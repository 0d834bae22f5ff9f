"""A space of vectors: only those of one embedding model and one length can be compared."""

from dataclasses import dataclass

from brains.selection import Selection


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
