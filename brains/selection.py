"""The ladder: what is effective for each of the five values and for the fallbacks, and why.
Pure: everything it needs is passed in, so the admin, the status page, `/health`, the command
line and the request path cannot disagree."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from brains.layers import (
    DIMENSION,
    FALLBACK_FIELDS,
    LAYER_BY_NAME,
    LAYERS,
    SETTABLE,
    Value,
)
from brains.values import model_ids, normalised, problem_with


class Source(StrEnum):
    """Where an effective value comes from, highest rung first."""

    PRESET = "preset"
    ENV = "env"
    DOTENV = "dotenv"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A preset's fields as text at one moment; blank, or not there, means inherit."""

    name: str
    slug: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs below a preset: variable -> text, for the environment and `.env`."""

    env: Mapping[str, str] = field(default_factory=dict)
    dotenv: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rung:
    """A usable value on one rung. Of fallbacks "" is one: none, whatever stands below."""

    source: Source
    value: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that was refused: where it stands, why, and how to mend it."""

    source: str
    name: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One effective value, its source, and the usable values below it that it hides."""

    value: str
    source: Source
    hidden: tuple[Rung, ...]


@dataclass(frozen=True)
class Selection:
    """The effective frozen set of five values and of fallbacks, each with its source."""

    revision: int
    preset: str | None
    preset_slug: str | None
    choices: Mapping[str, Choice]
    problems: tuple[Problem, ...]

    def choice(self, layer: str) -> Choice:
        """Return the choice of model for a layer, by its wire name such as "l3"."""
        return self.choices[LAYER_BY_NAME[layer].model.field]

    def fallbacks(self, layer: str) -> tuple[str, ...]:
        """Return the models to try, in this order, when the layer's own fails; () for none."""
        return self._fallbacks[layer]

    @cached_property
    def _fallbacks(self) -> Mapping[str, tuple[str, ...]]:
        return {
            layer.name: model_ids(self.choices[layer.fallback.field].value)
            if layer.fallback
            else ()
            for layer in LAYERS
        }

    @property
    def dimension(self) -> int:
        """The length of the vectors that the embedding model gives."""
        return int(self.choices[DIMENSION.field].value)

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of what is effective and from where; equal only when all is equal."""
        # Without the fallbacks that are none: so a worker of a version that knows no
        # fallbacks, still there during a deploy, does not look as if it served otherwise.
        seen = {
            name: [c.value, c.source]
            for name, c in self.choices.items()
            if c.value or name not in FALLBACK_FIELDS
        }
        text = json.dumps([self.revision, self.preset, seen], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def resolve(preset: Snapshot | None, ladder: Ladder, *, revision: int = 0) -> Selection:
    """Return the selection: for each value the first rung that has a usable one."""
    choices: dict[str, Choice] = {}
    problems: list[Problem] = []
    for value in SETTABLE:
        usable = list(_usable(value, preset, ladder, problems))
        first, *hidden = usable or [Rung(Source.DEFAULT, value.default)]
        choices[value.field] = Choice(first.value, first.source, tuple(hidden))
    for layer in LAYERS:
        if layer.fallback:
            own, behind = layer.model.field, layer.fallback.field
            choices[behind] = _without(choices[own].value, choices[behind])
    return Selection(
        revision=revision,
        preset=preset.name if preset else None,
        preset_slug=preset.slug if preset else None,
        choices=choices,
        problems=tuple(problems),
    )


def _without(model: str, fallbacks: Choice) -> Choice:
    """Return the fallbacks without the model that they stand behind: it has failed."""
    others = (each for each in model_ids(fallbacks.value) if each != model)
    return replace(fallbacks, value=",".join(others))


def _usable(
    value: Value, preset: Snapshot | None, ladder: Ladder, problems: list[Problem]
) -> Iterator[Rung]:
    """Yield the rungs with a usable value, highest first; note each that is refused."""
    for source, text in _rungs(value, preset, ladder):
        text = text.strip()
        if not text:
            continue
        if reason := problem_with(value.field, text):
            problems.append(_refused(source, value, preset, reason))
            continue
        yield Rung(source, normalised(value.field, text))


def _rungs(
    value: Value, preset: Snapshot | None, ladder: Ladder
) -> Iterator[tuple[Source, str]]:
    if preset:
        yield Source.PRESET, preset.values.get(value.field, "")
    yield Source.ENV, ladder.env.get(value.variable, "")
    yield Source.DOTENV, ladder.dotenv.get(value.variable, "")
    yield Source.DEFAULT, value.default


def _refused(
    source: Source, value: Value, preset: Snapshot | None, reason: str
) -> Problem:
    if source is Source.PRESET and preset:
        hint = (
            f"Edit the field in the preset {preset.name}, or leave it blank to inherit."
        )
        return Problem(source, f"{preset.name}.{value.field}", reason, hint)
    place = "the environment" if source is Source.ENV else ".env"
    hint = f"Change {value.variable} in {place} and restart; until then the next rung is used."
    return Problem(source, value.variable, reason, hint)
