"""How quick each layer's model was lately. The figures belong to a room above this one, which
says them here; until it has, nothing is known."""

from collections.abc import Callable, Mapping

Say = Callable[[Mapping[str, str]], Mapping[str, str]]

_say: Say | None = None


def say_by(say: Say) -> None:
    """Take `say` as what knows: it is given layer -> model, by wire names, and gives a few
    words for each layer whose model was used. It may ask the database."""
    global _say
    _say = say


def paces(models: Mapping[str, str]) -> Mapping[str, str]:
    """Return layer -> words, of the calls that these models served. Raises what the database raises."""
    return _say(models) if _say else {}
