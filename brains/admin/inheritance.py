"""What a blank field of a preset inherits, and which model ids a form may suggest."""

from collections.abc import Iterable

from brains import live
from brains.admin.differences import Shown, side_of
from brains.admin.effective import selection_of
from brains.layers import EMBEDDING, FALLBACKS, LAYERS, Value
from brains.models import ModelPreset
from brains.selection import resolve
from brains.values import NO_FALLBACKS, model_ids

CHAT_FIELDS = (
    *(layer.model.field for layer in LAYERS if layer is not EMBEDDING),
    *(value.field for value in FALLBACKS),
)
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
    texts = {inherits[field].value for field in fields}
    for field in fields:
        texts |= set(ModelPreset.objects.values_list(field, flat=True))
    return sorted({i for text in texts for i in model_ids(text)} - {NO_FALLBACKS})
