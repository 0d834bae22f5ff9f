"""Is it well? The first thing that the status page says: one level, a word, a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from brains.attention import Attention
from brains.layers import LAYERS
from brains.selection import Problem, Selection
from brains.serving import can_answer
from brains.wording import counted, listed


class Level(StrEnum):
    """How something is. Each has a sign, so that colour never stands alone."""

    GOOD = "good"
    ATTENTION = "attention"
    BROKEN = "broken"
    PLAIN = "plain"

    @property
    def sign(self) -> str:
        """The character that stands for the level."""
        return {"good": "●", "attention": "▲", "broken": "✕", "plain": "○"}[self]


@dataclass(frozen=True, slots=True)
class State:
    """What the state line says."""

    level: Level
    word: str
    sentence: str


def state(
    selection: Selection,
    problems: Sequence[Problem],
    is_connected: bool,
    attention: Sequence[Attention] = (),
) -> State:
    """Return how the whole brain is, the most pressing thing first; `attention` is what of
    the calls of late goes badly."""
    if silent := _silent(selection):
        who = "every layer" if len(silent) == len(LAYERS) else listed(silent)
        away = "" if is_connected else " The database is away too."
        sentence = f"Calls to {who} fail until this is mended.{away}"
        return State(Level.BROKEN, "Cannot answer", sentence)
    if not is_connected:
        sentence = "This is the last good revision; requests are answered from it."
        return State(Level.ATTENTION, "Database away", sentence)
    if attention:
        word = listed([each.word for each in attention])
        first = attention[0]
        return State(Level.ATTENTION, word, f"{first.reason} {first.hint}")
    if problems:
        things = counted(len(problems), "thing")
        sentence = f"Every layer has a provider; {things} to mend."
        return State(Level.ATTENTION, "Needs attention", sentence)
    return State(Level.GOOD, "All well", "Every layer has a model and a provider.")


def _silent(selection: Selection) -> list[str]:
    """Name the layers of which no model can be called as its provider is set up."""
    return [layer.title for layer in LAYERS if not can_answer(selection, layer)]
