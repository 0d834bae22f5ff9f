"""What the layers are told. Each prompt is a file of Django's template language beside this
one; a file of the same name in AURA_PROMPTS_DIR is used in its place, from the next turn on."""

import hashlib
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template import Context, Engine, TemplateSyntaxError

logger = logging.getLogger(__name__)

SHIPPED = Path(__file__).resolve().parent
NAMES = ("react", "reply", "reflect", "exchange")
EXAMPLES = "reflect_examples.json"
EXAMPLE_HAS = ("message", "reply", "insight")
NO_EXAMPLES = (OSError, ValueError, TypeError, KeyError)
# No escaping: what is made is text for a model, never markup.
_ENGINE = Engine(autoescape=False, libraries={}, builtins=[], loaders=[])
_VERSION = re.compile(r"\{# version (\S{1,20}) #\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt ready to send; `version` is the file's own, and the beginning of the SHA-256
    of its text: a file that was edited shows as another."""

    text: str
    version: str


def prompt(name: str, /, **values: Any) -> Prompt:
    """Return the prompt with this name, filled in. One of the operator's that cannot be
    used is logged, and the shipped one used."""
    own = _own(f"{name}.txt")
    if own:
        try:
            return _filled(own.read_text(), values)
        except (OSError, UnicodeDecodeError, TemplateSyntaxError) as error:
            logger.error("The prompt %s cannot be used: %s", own, error)
    return _filled((SHIPPED / f"{name}.txt").read_text(), values)


def examples() -> list[dict[str, Any]]:
    """Return exchanges with L2's insight: small models learn the shape from them. From
    `reflect_examples.json`, as from a prompt's file."""
    own = _own(EXAMPLES)
    try:
        return _examples_in(own or SHIPPED / EXAMPLES)
    except NO_EXAMPLES as error:
        logger.error("%s cannot be used: %s", own, type(error).__name__)
        return []


def problem_of(name: str) -> str:
    """Return why the operator's prompt with this name cannot be used, or ""."""
    own = _own(f"{name}.txt")
    try:
        if own:
            _ENGINE.from_string(own.read_text())
    except (OSError, UnicodeDecodeError, TemplateSyntaxError) as error:
        return f"{own}: {error}"
    return ""


def problem_of_examples() -> str:
    """Return why the operator's examples cannot be used, or ""."""
    own = _own(EXAMPLES)
    try:
        if own:
            _examples_in(own)
    except NO_EXAMPLES as error:
        return f"{own}: {_said(error)}"
    return ""


def _examples_in(path: Path) -> list[dict[str, Any]]:
    found = json.loads(path.read_text())
    return [{name: each[name] for name in EXAMPLE_HAS} for each in found]


def _said(error: Exception) -> str:
    if isinstance(error, OSError | ValueError):
        return str(error)
    return f"it is a list of objects, each with {', '.join(EXAMPLE_HAS)}."


def _own(file: str) -> Path | None:
    folder = settings.AURA_PROMPTS_DIR
    path = folder / file if folder else None
    return path if path and path.exists() else None


def _filled(source: str, values: Mapping[str, Any]) -> Prompt:
    named = _VERSION.search(source)
    digest = hashlib.sha256(source.encode()).hexdigest()[:8]
    text = _ENGINE.from_string(source).render(Context(values, autoescape=False))
    return Prompt(text.strip(), f"{named[1] if named else '?'} ({digest})")
