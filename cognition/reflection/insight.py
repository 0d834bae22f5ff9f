"""What L2 is asked to say of an exchange, and what of its answer is believed."""

import json
from dataclasses import dataclass
from typing import Any

TEXT_MAX = 160
FACTS_MAX = 4

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "asked": {"type": "string", "maxLength": TEXT_MAX},
        "missed": {"type": "string", "maxLength": TEXT_MAX},
        "remember": {
            "type": "array",
            "items": {"type": "string", "maxLength": TEXT_MAX},
            "maxItems": FACTS_MAX,
        },
        "advice": {"type": "string", "maxLength": TEXT_MAX},
    },
    "required": ["asked", "missed", "remember", "advice"],
    "additionalProperties": False,
}
RESPONSE_FORMAT = {
    "type": "json_schema",
    "json_schema": {"name": "insight", "strict": True, "schema": SCHEMA},
}


class InvalidInsight(ValueError):
    """L2 said something that is not of the wanted shape; the sentence says what."""


@dataclass(frozen=True, slots=True)
class Insight:
    """What L2 makes of one exchange, each text on one line and cut to TEXT_MAX."""

    asked: str
    missed: str
    remember: tuple[str, ...]
    advice: str


def parse(text: str) -> Insight:
    """Return the insight in L2's answer, which may stand between other words.

    Raises InvalidInsight.
    """
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise InvalidInsight("L2 answered without a JSON object.")
    try:
        found = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        raise InvalidInsight("L2's answer is not valid JSON.") from None
    facts = found.get("remember")
    if not isinstance(facts, list):
        raise InvalidInsight("L2's answer has no list `remember`.")
    return Insight(
        asked=_line(found.get("asked"), "asked"),
        missed=_line(found.get("missed"), "missed"),
        remember=_facts(facts),
        advice=_line(found.get("advice"), "advice"),
    )


def _facts(facts: list[Any]) -> tuple[str, ...]:
    lines = [_line(fact, "remember") for fact in facts[:FACTS_MAX]]
    return tuple(dict.fromkeys(line for line in lines if line))


def _line(said: Any, name: str) -> str:
    if not isinstance(said, str):
        raise InvalidInsight(f"In L2's answer `{name}` is not text.")
    return " ".join(said.split())[:TEXT_MAX]
