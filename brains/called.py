"""What calls came to: of what was live from when to when, and of two presets. The figures
belong to a room above this one, which says them here; until it has, nothing is known."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Lived:
    """A revision, live from `begin` until `end`; None: still."""

    revision: int
    begin: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of two presets, in a few words each."""

    title: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of the calls of two presets: how many each had, and the figures by layer,
    as known at `counted_until`; None: not yet."""

    calls: tuple[int, int]
    layers: Mapping[str, Sequence[Line]]
    counted_until: datetime | None


Lives = Callable[[Sequence[Lived]], Mapping[int, str]]
Names = Collection[str]
"""Those that one preset has or had."""
Compare = Callable[[Names, Names, datetime], Comparison]

_lives: Lives | None = None
_compare: Compare | None = None


def lives_by(say: Lives) -> None:
    """Take `say` as what knows the calls and their cost while revisions were live. It may
    ask the database."""
    global _lives
    _lives = say


def lives(lived: Sequence[Lived]) -> Mapping[int, str]:
    """Return revision -> its calls and their cost, in a few words. Raises what the database
    raises."""
    return _lives(lived) if _lives and lived else {}


def compare_by(say: Compare) -> None:
    """Take `say` as what knows the calls of two presets, by their names, since a time. It
    may ask the database."""
    global _compare
    _compare = say


def comparison(first: Names, second: Names, since: datetime) -> Comparison:
    """Return what came of the calls of two presets since then. Raises what the database
    raises."""
    return _compare(first, second, since) if _compare else Comparison((0, 0), {}, None)
