"""Which presets people preferred, side by side with others. The votes belong to a room above
this one, which gives them here; until it has, there are none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """How often people preferred one preset to another, this to that one, and neither."""

    against: str
    this: int
    other: int
    neither: int

    @property
    def total(self) -> int:
        """All comparisons of the two."""
        return self.this + self.other + self.neither


_give: Callable[[int], Sequence[Tally]] | None = None


def given_by(give: Callable[[int], Sequence[Tally]]) -> None:
    """Take `give` as what knows the votes on a preset, by its primary key. It may ask the
    database."""
    global _give
    _give = give


def tallies(preset_id: int) -> Sequence[Tally]:
    """Return what people said of a preset, one for each other that it was compared with."""
    return _give(preset_id) if _give else ()
