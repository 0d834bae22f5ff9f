"""What the status page says of the catalogue: models of presets that are gone or leave soon,
and how fresh the lists are. It may ask the database; `/health` says nothing of this."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from brains.catalogue.catalogue import Catalogue
from brains.catalogue.findings import Finding, findings
from brains.layers import LAYERS, SETTABLE, Layer, Value
from brains.live import Live
from brains.selection import Problem, Selection, Source
from brains.status_facts import Fact
from brains.status_state import Level
from brains.wording import counted, listed, place
from providers.registry import DEFAULT

Named = Iterator[tuple[Value, str, Finding]]


@dataclass(frozen=True, slots=True)
class Note:
    """A finding that needs no hurry: it is of a preset that is not live, or of an old list."""

    finding: Finding
    where: str


def live_problems(catalogue: Catalogue, selection: Selection) -> list[Problem]:
    """Return what is to be mended of what serves now, by lists that are fresh."""
    return [
        Problem(
            source="catalogue",
            name=finding.model_id,
            reason=finding.sentence,
            hint=f"It serves as {_role(value)}, from {where}: name another model there.",
        )
        for value, where, finding in _effective(catalogue, selection)
        if finding.reading.is_current
    ]


def notes(catalogue: Catalogue, now: Live) -> list[Note]:
    """Return the rest, each model once: what serves by a list that is not fresh, what the
    other presets name themselves, and what stands below them and would serve where they are
    blank."""
    places: dict[str, list[str]] = {}
    known: dict[str, Finding] = {}
    for value, _, finding in _effective(catalogue, now.selection):
        if not finding.reading.is_current:
            known[finding.model_id] = finding
            places.setdefault(finding.model_id, []).append(f"{_role(value)} now")
    for slug, selection in now.presets.items():
        if slug == now.selection.preset_slug:
            continue
        for finding in _own(catalogue, selection):
            known[finding.model_id] = finding
            places.setdefault(finding.model_id, []).append(f"preset {selection.preset}")
    for where, finding in _below(catalogue, now):
        known[finding.model_id] = finding
        places.setdefault(finding.model_id, []).append(where)
    return [Note(known[i], listed(_once(where))) for i, where in places.items()]


def fact(catalogue: Catalogue) -> Fact:
    """Say of which day the lists are, and which could not be read since."""
    readings = catalogue.readings.values()
    if not readings:
        return Fact(Level.PLAIN, catalogue.said)
    first = catalogue.readings.get(DEFAULT) or next(iter(readings))
    level = Level.GOOD if all(r.is_current for r in readings) else Level.PLAIN
    said = f"{first.said}: {counted(first.count, 'model')} of {first.title}"
    others = (
        f"{r.title}: {r.said.removeprefix('Catalogue ')}, {counted(r.count, 'model')}"
        for r in readings
        if r is not first
    )
    troubles = (f"Not read lately. {r.trouble}" for r in readings if r.trouble)
    return Fact(level, said, (*others, *troubles))


def _effective(catalogue: Catalogue, selection: Selection) -> Named:
    """Yield what there is to say of all that serves, from whichever rung."""
    for value in _model_values():
        choice = selection.choices[value.field]
        where = place(choice.source, value, selection.preset)
        for finding in findings(catalogue, value.field, choice.value):
            yield value, where, finding


def _own(catalogue: Catalogue, selection: Selection) -> Iterator[Finding]:
    """Yield what there is to say of what a preset names itself."""
    for value in _model_values():
        choice = selection.choices[value.field]
        if choice.source is Source.PRESET:
            yield from findings(catalogue, value.field, choice.value)


def _below(catalogue: Catalogue, now: Live) -> Iterator[tuple[str, Finding]]:
    """Yield what there is to say of what presets would inherit and what is live does not, and
    where it stands: the built-in defaults among it."""
    for value in _model_values():
        effective = now.selection.choices[value.field]
        for selection in now.presets.values():
            choice = selection.choices[value.field]
            if choice.source in (Source.PRESET, effective.source):
                continue  # said of the preset, or of what is live
            where = f"{place(choice.source, value, None)} for {_role(value)}"
            for finding in findings(catalogue, value.field, choice.value):
                yield where, finding


def _model_values() -> Iterable[Value]:
    return (value for value in SETTABLE if value.field in _ROLES)


def _roles(layer: Layer) -> Mapping[str, str]:
    roles = {layer.model.field: layer.title}
    if layer.fallback:
        roles[layer.fallback.field] = f"fallback of {layer.title}"
    return roles


_ROLES = {field: role for layer in LAYERS for field, role in _roles(layer).items()}


def _role(value: Value) -> str:
    return _ROLES[value.field]


def _once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
