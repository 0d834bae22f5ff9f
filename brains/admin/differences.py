"""Two selections side by side, value by value: what the confirmation page shows as a table
and the history as a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from brains.admin.markup import model_id
from brains.layers import DIMENSION, LAYERS, VALUES, Value
from brains.selection import Selection, Source
from brains.wording import RUNG_NAMES, place

TITLES: Mapping[str, str] = {
    **{layer.model.field: layer.title for layer in LAYERS},
    DIMENSION.field: "Dimension",
}
ROLES: Mapping[str, str] = {
    **{layer.model.field: layer.role for layer in LAYERS},
    DIMENSION.field: "length of a vector",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One effective value as people are shown it: `origin` says where it comes from in
    full, `rung` in one word."""

    value: str
    origin: str
    rung: str
    is_inherited: bool

    @property
    def code(self) -> SafeString:
        """The value in monospace, never cut in the middle of a word."""
        return model_id(self.value)


Side = Mapping[str, Shown]


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of two selections; `before` is None when nothing is known of it."""

    field: str
    before: Shown | None
    after: Shown

    @property
    def title(self) -> str:
        """The layer, as in "L1"."""
        return TITLES[self.field]

    @property
    def role(self) -> str:
        """What the layer is, as in "instinct"."""
        return ROLES[self.field]

    @property
    def is_change(self) -> bool:
        """Whether another value is effective; the same one from elsewhere is no change."""
        return self.before is None or self.before.value != self.after.value


def shown(value: Value, text: str, source: str, preset: str | None) -> Shown:
    """Return a value with its source in words; `preset` names the preset it may be from."""
    return Shown(
        value=text,
        origin=place(Source(source), value, preset),
        rung=RUNG_NAMES[Source(source)],
        is_inherited=source != Source.PRESET,
    )


def side_of(selection: Selection) -> Side:
    """Return the five values of a selection."""
    choices = selection.choices
    return {
        v.field: shown(
            v, choices[v.field].value, choices[v.field].source, selection.preset
        )
        for v in VALUES
    }


def side_of_resolved(resolved: Mapping[str, Sequence[str]], preset: str | None) -> Side:
    """Return the five values as an activation keeps them: field -> [value, source]."""
    return {
        v.field: shown(v, resolved[v.field][0], resolved[v.field][1], preset)
        for v in VALUES
        if v.field in resolved
    }


def compare(before: Side | None, after: Side) -> list[Difference]:
    """Return one difference for each value of `after`, changed or not."""
    known = before or {}
    return [Difference(field, known.get(field), side) for field, side in after.items()]


def changes(differences: Iterable[Difference]) -> list[Difference]:
    """Return those where another value is effective."""
    return [difference for difference in differences if difference.is_change]
