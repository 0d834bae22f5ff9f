"""A selection as text for a terminal: each value, why it serves, and what it hides."""

from collections.abc import Iterable, Iterator

from brains.layers import DIMENSION, EMBEDDING, LAYERS, VALUES, Value
from brains.selection import Problem, Selection
from brains.status_card import ValueView, view

LABELS = {
    **{layer.model.field: layer.name for layer in LAYERS},
    DIMENSION.field: "dimension",
}
_LABEL_WIDTH = len(EMBEDDING.name) + 2


def table(selection: Selection) -> str:
    """Return the five values as aligned lines; below each, what it hides."""
    views = [(value, view(value, selection)) for value in VALUES]
    width = max(len(shown.text) for _, shown in views) + 2
    return "\n".join(
        line for value, shown in views for line in _lines(value, shown, width)
    )


def to_mend(problems: Iterable[Problem]) -> str:
    """Return the problems, each with its mend; "" when there are none."""
    lines = [f"  {p.name}: {p.reason}\n    {p.hint}" for p in problems]
    return "\n".join(["To mend:", *lines]) if lines else ""


def _lines(value: Value, shown: ValueView, width: int) -> Iterator[str]:
    label = LABELS[value.field].ljust(_LABEL_WIDTH)
    yield f"{label}{shown.text.ljust(width)}{shown.because}"
    for rung in shown.hidden:
        yield f"{' ' * _LABEL_WIDTH}hides {rung.text} ({rung.place})"
