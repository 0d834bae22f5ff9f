"""Two selections side by side, value by value: what the confirmation page shows as a table
and the history as a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from brains.layers import DIMENSION, FALLBACK_FIELDS, LAYERS, SETTABLE, Value
from brains.selection import Selection, Source
from brains.templatetags.model_ids import in_turn
from brains.wording import RUNG_NAMES, place

TITLES: Mapping[str, str] = {
    **{layer.model.field: layer.title for layer in LAYERS},
    **{
        layer.fallback.field: f"{layer.title} fallback"
        for layer in LAYERS
        if layer.fallback
    },
    DIMENSION.field: "Dimension",
}
ROLES: Mapping[str, str] = {
    **{layer.model.field: layer.role for layer in LAYERS},
    **dict.fromkeys(FALLBACK_FIELDS, "if it fails"),
    DIMENSION.field: "length of a vector",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One effective value as people are shown it: `origin` says where it comes from in
    full ("" for fallbacks that nobody set), `rung` in one word."""

    value: str
    origin: str
    rung: str
    is_inherited: bool

    @property
    def code(self) -> SafeString:
        """The value in monospace, never cut in the middle of a word."""
        return in_turn(self.value)


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
    is_unset = not text and source == Source.DEFAULT
    return Shown(
        value=text,
        origin="" if is_unset else place(Source(source), value, preset),
        rung=RUNG_NAMES[Source(source)],
        is_inherited=source != Source.PRESET,
    )


def side_of(selection: Selection) -> Side:
    """Return the values of a selection."""
    choices = selection.choices
    return {
        v.field: shown(
            v, choices[v.field].value, choices[v.field].source, selection.preset
        )
        for v in SETTABLE
    }


def side_of_resolved(resolved: Mapping[str, Sequence[str]], preset: str | None) -> Side:
    """Return the values as an activation keeps them: field -> [value, source]. One from
    before there were fallbacks had none."""
    all_kept = {**dict.fromkeys(FALLBACK_FIELDS, ("", Source.DEFAULT)), **resolved}
    return {
        v.field: shown(v, all_kept[v.field][0], all_kept[v.field][1], preset)
        for v in SETTABLE
        if v.field in all_kept
    }


def compare(before: Side | None, after: Side) -> list[Difference]:
    """Return one difference for each value of `after`, changed or not; none for fallbacks
    where there are none on either side."""
    known = before or {}
    pairs = [Difference(field, known.get(field), side) for field, side in after.items()]
    return [d for d in pairs if d.after.value or (d.before and d.before.value)]


def changes(differences: Iterable[Difference]) -> list[Difference]:
    """Return those where another value is effective."""
    return [difference for difference in differences if difference.is_change]
