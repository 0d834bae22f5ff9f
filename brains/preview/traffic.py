"""How much each layer was used lately. The figures belong to a room above this one, which
gives them here; until it has, nothing is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Used:
    """What a layer took in and gave out in DAYS days, in tokens."""

    tokens_in: int
    tokens_out: int
    abilities: Mapping[str, int] = field(default_factory=dict)
    """Ability, as the catalogue calls it ("images" for those) -> calls that used it."""


DAYS = 7

_give: Callable[[], Mapping[str, Used]] | None = None


def given_by(give: Callable[[], Mapping[str, Used]]) -> None:
    """Take `give` as what knows, for each layer that was used, by its wire name. It may ask
    the database."""
    global _give
    _give = give


def used() -> Mapping[str, Used]:
    """Return layer -> what it was used. Raises what the database raises."""
    return _give() if _give else {}
