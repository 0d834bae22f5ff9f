"""Which models that are named somewhere leave their provider soon, and who names them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from brains.catalogue.catalogue import Catalogue, expires_soon
from brains.catalogue.findings import Finding, findings
from brains.layers import DIMENSION, SETTABLE
from brains.models import ModelPreset
from brains.selection import Selection, Source
from brains.wording import place

_MODELS = [value for value in SETTABLE if value.field != DIMENSION.field]


@dataclass(frozen=True, slots=True)
class Leaving:
    """A model that leaves: when, what is said of it, and where it is named."""

    model_id: str
    day: date
    sentence: str
    nearest: tuple[str, ...]
    places: tuple[str, ...]


def leaving(
    catalogue: Catalogue, presets: Iterable[ModelPreset], live: Selection
) -> list[Leaving]:
    """Return each model that expires within 30 days, or should be gone, of those that
    presets name or that serve now from another rung."""
    found: dict[str, Finding] = {}
    places: dict[str, set[str]] = {}
    for where, finding in (*_of_presets(catalogue, presets), *_below(catalogue, live)):
        found[finding.model_id] = finding
        places.setdefault(finding.model_id, set()).add(where)
    days = {model_id: _day(catalogue, model_id) for model_id in found}
    return [
        Leaving(
            model_id,
            day,
            finding.sentence,
            finding.nearest,
            tuple(sorted(places[model_id])),
        )
        for model_id, finding in sorted(found.items())
        if (day := days[model_id])
    ]


def _of_presets(
    catalogue: Catalogue, presets: Iterable[ModelPreset]
) -> Iterator[tuple[str, Finding]]:
    for preset in presets:
        values = preset.snapshot().values
        for value in _MODELS:
            for finding in findings(catalogue, value.field, values[value.field]):
                yield f"preset {preset.name}", finding


def _below(catalogue: Catalogue, live: Selection) -> Iterator[tuple[str, Finding]]:
    for value in _MODELS:
        choice = live.choices[value.field]
        if choice.source is not Source.PRESET:
            where = place(choice.source, value, None)
            for finding in findings(catalogue, value.field, choice.value):
                yield where, finding


def _day(catalogue: Catalogue, model_id: str) -> date | None:
    """Return when a model leaves; None for one that is missing already."""
    listed = catalogue.find(model_id)
    return listed.expires_on if listed and expires_soon(listed) else None
