"""A selection as text for a terminal: each value, why it serves, and what it hides."""

from collections.abc import Iterable, Iterator

from brains.layers import DIMENSION, EMBEDDING, LAYERS, VALUES, Layer
from brains.selection import Problem, Selection
from brains.status_card import ValueView, fallback_of, view
from brains.wording import in_turn

_LABEL_WIDTH = len(EMBEDDING.name) + 2
_INDENT = " " * _LABEL_WIDTH


def table(selection: Selection) -> str:
    """Return the five values as aligned lines; below each, what it hides and, where it is
    set, what is tried when it fails."""
    width = max(len(selection.choices[value.field].value) for value in VALUES) + 2
    return "\n".join(_lines(selection, width))


def to_mend(problems: Iterable[Problem]) -> str:
    """Return the problems, each with its mend; "" when there are none."""
    lines = [f"  {p.name}: {p.reason}\n    {p.hint}" for p in problems]
    return "\n".join(["To mend:", *lines]) if lines else ""


def _lines(selection: Selection, width: int) -> Iterator[str]:
    for layer in LAYERS:
        yield from _value(layer.name, view(layer.model, selection), width)
        yield from _behind(layer, selection)
    yield from _value("dimension", view(DIMENSION, selection), width)


def _value(label: str, shown: ValueView, width: int) -> Iterator[str]:
    yield f"{label.ljust(_LABEL_WIDTH)}{shown.text.ljust(width)}{shown.because}"
    yield from _hidden(shown, _INDENT)


def _behind(layer: Layer, selection: Selection) -> Iterator[str]:
    if (shown := fallback_of(layer, selection)) and shown.is_set:
        yield f"{_INDENT}if it fails: {in_turn(shown.text)} ({shown.place})"
        yield from _hidden(shown, f"{_INDENT}  ")


def _hidden(shown: ValueView, indent: str) -> Iterator[str]:
    for rung in shown.hidden:
        yield f"{indent}hides {in_turn(rung.text)} ({rung.place})"
