"""What a blank field of a preset inherits, and which model ids a form may suggest."""

from collections.abc import Iterable

from brains import live
from brains.admin.differences import Shown, side_of
from brains.admin.effective import selection_of
from brains.layers import EMBEDDING, LAYERS, Value
from brains.models import ModelPreset
from brains.selection import resolve

CHAT_FIELDS = tuple(layer.model.field for layer in LAYERS if layer is not EMBEDDING)
EMBEDDING_FIELDS = (EMBEDDING.model.field,)


def inherited(value: Value) -> Shown:
    """Return the value that a blank field would have now, and from where."""
    return side_of(selection_of(None))[value.field]


def refusals(value: Value) -> list[str]:
    """Return why rungs below the preset were refused for this value, as sentences."""
    problems = resolve(None, live.ladder()).problems
    return [
        f"{p.name} ({p.source}) is refused. {p.reason}"
        for p in problems
        if p.name == value.variable
    ]


def suggestions(fields: Iterable[str]) -> list[str]:
    """Return the model ids of these fields that presets use or that are inherited now."""
    inherits = side_of(selection_of(None))
    ids = set()
    for field in fields:
        ids |= set(ModelPreset.objects.values_list(field, flat=True))
        ids.add(inherits[field].value)
    return sorted(ids - {""})
