"""The guard of stored vectors: the embedding model and its dimension change only when what is
stored has vectors of the new one. What is stored belongs to a room above this one, which says
it here; until it has, nothing is."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from brains.embedding_way import UnderWay, Way
from brains.errors import VectorsInUse
from brains.models import ModelPreset
from brains.space import Space
from brains.wording import counted


@dataclass(frozen=True, slots=True)
class Stored:
    """How many memories, of how many people, have vectors of one space; how many of those
    lack one of the other; and whether that other is kept filled, so that few lack it."""

    memories: int = 0
    people: int = 0
    lacking: int = 0
    is_kept: bool = False


NOTHING = Stored()

_count: Callable[[Space, Space], Stored] | None = None
_begin: Callable[[int], str] | None = None
_open: Callable[[], UnderWay | None] | None = None


def given_by(
    count: Callable[[Space, Space], Stored],
    begin: Callable[[int], str],
    under_way: Callable[[], UnderWay | None],
) -> None:
    """Take `count` as what knows how much is stored in a space and lacks another, by the
    database; `begin` as the address where re-embedding for a preset begins, by its id; and
    `under_way` as what knows of one that is open."""
    global _count, _begin, _open
    _count, _begin, _open = count, begin, under_way


def stored(now: Space, then: Space) -> Stored:
    """Return what is stored in `now`, and what of it lacks `then`. Raises what the database
    raises."""
    return _count(now, then) if _count and now != then else NOTHING


def begin_url(preset: ModelPreset) -> str:
    """Return the address that begins to re-embed for a preset by POST; "" when there is
    none."""
    return _begin(preset.pk) if _begin else ""


def under_way() -> UnderWay | None:
    """Return the re-embedding that is open."""
    return _open() if _open else None


def refused(
    now: Space, then: Space, find_way: Callable[[], Way], lacking_max: int = 0
) -> VectorsInUse | None:
    """Return why vectors must not move on from `now` to `then`, with the way all the same;
    None when they may. So many memories as `lacking_max` may lack their vector."""
    seen = stored(now, then)
    if seen.is_kept or seen.lacking <= lacking_max:
        return None
    way = find_way()
    sentence = f"{_sentence(seen, now, then)} {way.sentence}"
    return VectorsInUse(sentence, _counts(seen, now, then), way)


def shortfall(now: Space, then: Space) -> str:
    """Say what lacks its vector after a change that nothing holds up; "" when all is there."""
    seen = stored(now, then)
    if not seen.lacking:
        return ""
    lack = "has" if seen.lacking == 1 else "have"
    return (
        f" {_memories(seen.lacking)} {lack} no vector of {then} yet; the background tasks "
        "make what is missing, and the status page says how many."
    )


def _sentence(seen: Stored, now: Space, then: Space) -> str:
    has = "has" if seen.memories == 1 else "have"
    people = "1 person" if seen.people == 1 else f"{seen.people:,} people"
    if seen.lacking == seen.memories:
        lack = f"none of them has one of {then} yet"
    else:
        lack = f"{seen.lacking:,} of them lack one of {then}"
    return (
        f"{_memories(seen.memories)} of {people} {has} vectors of {now}, and {lack}: after "
        "this change they could not be recalled."
    )


def _counts(seen: Stored, now: Space, then: Space) -> dict[str, Any]:
    return {
        "memories": seen.memories,
        "people": seen.people,
        "lacking": seen.lacking,
        "now": asdict(now),
        "then": asdict(then),
    }


def _memories(number: int) -> str:
    return counted(number, "memory") if number == 1 else f"{number:,} memories"
