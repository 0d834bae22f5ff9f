"""One preset as somebody wrote it, in a file or to the API, and what it is to be once every
field passed the checks of the preset form."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from brains.layers import DIMENSION, FALLBACK_FIELDS, FIELDS
from brains.models import ModelPreset
from brains.names import NAME_LENGTH, name_problem
from brains.values import kept_fallbacks, problem_with, shown

DESCRIPTION_LENGTH = 2000
NAMES: tuple[str, ...] = ("name", "slug", "description", *FIELDS)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something cannot be: the reason, and where it stands (line 0: not in a file)."""

    reason: str
    line: int = 0
    preset: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A preset or a schedule as it was written: fields that are left out are not there, None is blank."""

    values: Mapping[str, str | None]
    line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How a message names it: as it calls itself, quoted where that looks odd."""
        names = (self.values.get(name) for name in ("name", "slug", "preset"))
        return said(next(filter(None, names), ""))

    def refusal(self, name: str, reason: str) -> Refusal:
        """Return why its field `name` cannot be."""
        return Refusal(reason, self.lines.get(name, self.line), self.label, name)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A preset as it is to be: every field there and checked. The slug is "" when it is to
    follow from the name."""

    entry: Entry
    fields: Mapping[str, str]

    @property
    def name(self) -> str:
        """What people are to call it."""
        return self.fields["name"]

    @property
    def slug(self) -> str:
        """What clients are to ask for; "" when it was not said."""
        return self.fields["slug"]


def said(text: str) -> str:
    """Return text as it may stand in a message: as it is when it is short and can be seen,
    else quoted, escaped and cut."""
    return text if text.isprintable() and len(text) <= NAME_LENGTH else shown(text)


def normal(name: str, text: str) -> str:
    """Return the text of a field that is fine in the one way in which it is kept."""
    text = text.strip()
    if name == "slug":
        return text.lower()
    if name in FALLBACK_FIELDS and text:
        return kept_fallbacks(text)
    return str(int(text)) if name == DIMENSION.field and text else text


def fields_of(preset: ModelPreset) -> dict[str, str]:
    """Return the fields of a stored preset as an entry of the same preset has them."""
    values = preset.snapshot().values
    texts = {
        "name": preset.name,
        "slug": preset.slug,
        "description": preset.description,
    }
    return {name: normal(name, text) for name, text in (texts | dict(values)).items()}


def checked(entry: Entry) -> Wanted | list[Refusal]:
    """Return what an entry asks for, or why that cannot be, field by field."""
    texts = {name: (entry.values.get(name) or "").strip() for name in NAMES}
    refusals = [entry.refusal(name, reason) for name, reason in _problems(texts)]
    if refusals:
        return refusals
    return Wanted(entry, {name: normal(name, text) for name, text in texts.items()})


def _problems(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if reason := name_problem(texts["name"]):
        yield "name", reason
    if reason := _slug_problem(texts["slug"]):
        yield "slug", reason
    if reason := _description_problem(texts["description"]):
        yield "description", reason
    for name in FIELDS:
        if texts[name] and (reason := problem_with(name, texts[name])):
            yield name, reason


def _slug_problem(slug: str) -> str:
    if len(slug) > NAME_LENGTH:
        return f"A slug has at most {NAME_LENGTH} characters, this has {len(slug)}."
    try:
        if slug:
            validate_slug(slug)
    except ValidationError:
        return f"{shown(slug)} is no slug: it has only letters a to z, digits, - and _."
    return ""


def _description_problem(text: str) -> str:
    if len(text) > DESCRIPTION_LENGTH:
        return (
            f"A description has at most {DESCRIPTION_LENGTH} characters, this has "
            f"{len(text)}."
        )
    if odd := next(_unprintable(text), ""):
        return f"The description has a control character (U+{ord(odd):04X}); remove it."
    return ""


def _unprintable(text: Iterable[str]) -> Iterator[str]:
    """Return what no database, terminal or page can take."""
    for character in text:
        category = unicodedata.category(character)
        if category in ("Cc", "Cs") and character not in "\n\r\t":
            yield character
