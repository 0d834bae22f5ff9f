"""What calls came to: of what was live from when to when, and of two presets. The figures
belong to a room above this one, which says them here; until it has, nothing is known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Lived:
    """A revision, live from `begin` until `end`; None: still."""

    revision: int
    begin: datetime
    end: datetime | None


Lives = Callable[[Sequence[Lived]], Mapping[int, str]]

_lives: Lives | None = None


def lives_by(say: Lives) -> None:
    """Take `say` as what knows the calls and their cost while revisions were live. It may
    ask the database."""
    global _lives
    _lives = say


def lives(lived: Sequence[Lived]) -> Mapping[int, str]:
    """Return revision -> its calls and their cost, in a few words. Raises what the database
    raises."""
    return _lives(lived) if _lives and lived else {}
