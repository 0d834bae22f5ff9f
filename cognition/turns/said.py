"""The text in chunks and answers of the one protocol."""

from collections.abc import Mapping
from typing import Any


def words(chunk: Mapping[str, Any]) -> str:
    """Return the text in a chunk of a stream, "" where there is none."""
    return _text(chunk, "delta")


def answer(completion: Mapping[str, Any]) -> str:
    """Return the text of a whole answer, "" where there is none."""
    return _text(completion, "message")


def finish(chunk: Mapping[str, Any]) -> str:
    """Return why a reply ends with this chunk: "stop", "length", ...; "" when it does not."""
    return str(_choice(chunk).get("finish_reason") or "")


def _text(part: Mapping[str, Any], where: str) -> str:
    inner = _choice(part).get(where)
    content = inner.get("content") if isinstance(inner, dict) else None
    return content if isinstance(content, str) else ""


def _choice(part: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = part.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}
