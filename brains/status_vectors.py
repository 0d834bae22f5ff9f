"""What the status page says of stored vectors: how far a re-embedding is, and what lacks its
vector. The figures belong to a room above this one, which says them here; until it has,
nothing is stored."""

from collections.abc import Callable
from dataclasses import dataclass

from brains.selection import Problem, Selection
from brains.status_facts import Fact
from brains.status_state import Level


@dataclass(frozen=True, slots=True)
class Progress:
    """A re-embedding: what it is for, how far it is, what it does just now."""

    title: str
    level: Level
    done: int
    total: int
    sentence: str
    pace: str
    cost: str
    url: str


@dataclass(frozen=True, slots=True)
class Vectors:
    """All that is said: of the re-embedding that is open or ended lately (None: none), what
    is to be mended, and a fact where old vectors are kept."""

    progress: Progress | None = None
    problems: tuple[Problem, ...] = ()
    kept: Fact | None = None


_say: Callable[[Selection], Vectors] | None = None


def say_by(say: Callable[[Selection], Vectors]) -> None:
    """Take `say` as what knows, for the selection that is live. It may ask the database."""
    global _say
    _say = say


def vectors(selection: Selection) -> Vectors:
    """Return what there is to say. Raises what the database raises."""
    return _say(selection) if _say else Vectors()
