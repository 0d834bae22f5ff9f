"""How sources and times are said to people: the same words on the status page and on the
command line. Which source serves is decided in `selection`, not here."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.timesince import timesince

from brains.layers import Value
from brains.selection import Source
from brains.values import model_ids

RUNG_NAMES = {
    Source.PRESET: "preset",
    Source.ENV: "env",
    Source.DOTENV: ".env",
    Source.DEFAULT: "default",
}

LOADED_FROM = {
    "database": "the database",
    "disk": "the last good copy on disk",
    "environment": "the environment alone",
    "default": "the built-in defaults alone",
}


def place(source: Source, value: Value, preset: str | None) -> str:
    """Return where a value stands, such as "AURA_L1_MODEL in the environment"."""
    return {
        Source.PRESET: f"preset {preset}",
        Source.ENV: f"{value.variable} in the environment",
        Source.DOTENV: f"{value.variable} in .env",
        Source.DEFAULT: "the built-in default",
    }[source]


def because(source: Source, value: Value, preset: str | None) -> str:
    """Return why a value serves, to follow the value or the words "It serves"."""
    if source is Source.PRESET:
        return f"because preset {preset} says so"
    if source is Source.DEFAULT:
        return "as the built-in default"
    return f"from {place(source, value, preset)}"


def in_turn(fallbacks: str) -> str:
    """Return fallbacks in the order in which they are tried: "a/b, then c/d", or "none"."""
    return ", then ".join(model_ids(fallbacks)) or "none"


def ago(then: datetime, now: datetime | None = None) -> str:
    """Return how long ago something was, in its largest unit."""
    passed = timesince(then, now, depth=1)
    return "just now" if passed.startswith("0") else f"{passed} ago"


def exact(moment: datetime) -> str:
    """Return a moment to the second, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def to_the_minute(moment: datetime) -> str:
    """Return a moment as pages show it: to the minute, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence has them: "L1, L2 and L3"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def counted(number: int, thing: str) -> str:
    """Return "1 value" or "2 values"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
