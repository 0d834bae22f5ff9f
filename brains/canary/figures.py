"""What the calls of both sides came to. The figures belong to a room above this one, which
says them here; until it has, nothing is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing of both sides, in a few words each."""

    title: str
    control: str
    candidate: str
    is_for_staff: bool = False


@dataclass(frozen=True, slots=True)
class Failing:
    """The shares of their calls, 0 to 1, in which both sides fail: of all layers, or of one
    (its title), with `calls` that went to the candidate."""

    control: float
    candidate: float
    calls: int
    layer: str = ""


_say: Callable[[datetime], Sequence[Figure]] | None = None
_see: Callable[[datetime], Failing | None] | None = None


def say_by(say: Callable[[datetime], Sequence[Figure]]) -> None:
    """Take `say` as what knows the figures since a time. It may ask the database."""
    global _say
    _say = say


def figures(since: datetime, *, with_cost: bool) -> Sequence[Figure]:
    """Return the figures of both sides since a canary's start; those for staff only where
    they are wanted. Raises what the database raises."""
    said = _say(since) if _say else ()
    return [figure for figure in said if with_cost or not figure.is_for_staff]


def seen_by(see: Callable[[datetime], Failing | None]) -> None:
    """Take `see` as what knows whether, since a time, the candidate fails markedly more than
    the control. It may ask the database."""
    global _see
    _see = see


def failing(since: datetime) -> Failing | None:
    """Return how often both sides fail, when the candidate does markedly more since a
    canary's start; else None. Raises what the database raises."""
    return _see(since) if _see else None
