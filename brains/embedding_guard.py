"""The guard of stored vectors: the embedding model and its dimension change only when what is
stored has vectors of the new one. What is stored belongs to a room above this one, which says
it here; until it has, nothing is."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from brains.errors import VectorsInUse
from brains.models import ModelPreset
from brains.selection import Snapshot
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


def given_by(
    count: Callable[[Space, Space], Stored], begin: Callable[[int], str]
) -> None:
    """Take `count` as what knows how much is stored in a space and lacks another, by the
    database; and `begin` as the address where re-embedding for a preset begins, by its id."""
    global _count, _begin
    _count, _begin = count, begin


def stored(now: Space, then: Space) -> Stored:
    """Return what is stored in `now`, and what of it lacks `then`. Raises what the database
    raises."""
    return _count(now, then) if _count and now != then else NOTHING


def begin_url(preset: ModelPreset) -> str:
    """Return the address that begins to re-embed for a preset by POST; "" when there is
    none."""
    return _begin(preset.pk) if _begin else ""


def refused(
    now: Space, then: Space, wanted: Snapshot | None, lacking_max: int = 0
) -> VectorsInUse | None:
    """Return why vectors must not move on from `now` to `then`; None when they may. `wanted`
    is what brings the change, as a preset: that is what could be re-embedded for. So many
    memories as `lacking_max` may lack their vector."""
    seen = stored(now, then)
    if seen.is_kept or seen.lacking <= lacking_max:
        return None
    return VectorsInUse(_sentence(seen, now, then, wanted), _counts(seen, now, then))


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


def _sentence(seen: Stored, now: Space, then: Space, wanted: Snapshot | None) -> str:
    has = "has" if seen.memories == 1 else "have"
    people = "1 person" if seen.people == 1 else f"{seen.people:,} people"
    if seen.lacking == seen.memories:
        lack = f"none of them has one of {then} yet"
    else:
        lack = f"{seen.lacking:,} of them lack one of {then}"
    return (
        f"{_memories(seen.memories)} of {people} {has} vectors of {now}, and {lack}: after "
        f"this change they could not be recalled. {_way(wanted)}"
    )


def _way(wanted: Snapshot | None) -> str:
    """Say how to do it all the same: which preset to re-embed for."""
    preset = ModelPreset.objects.filter(slug=wanted.slug).first() if wanted else None
    if preset and preset.snapshot() == wanted:
        return (
            "Re-embed first, then it switches by itself: by the button on the page that "
            f"activates {preset.name}, or by manage.py reembed {preset.slug}."
        )
    return (
        "Re-embed first: save these values as a preset of their own, and choose that on the "
        "page that activates it, or run manage.py reembed PRESET."
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
