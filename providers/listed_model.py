"""A model as a provider lists it: OpenRouter's format, what other OpenAI-compatible servers
keep of it, and Ollama's tags. What cannot be read is unknown, never an error."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

ID_MAX = NAME_MAX = 200
WORD_MAX, WORDS_MAX = 40, 64
NUMBER_MAX = 2**31 - 1
# What OpenRouter, Groq, vLLM, Mistral and LM Studio call the length of a context.
CONTEXT_KEYS = (
    "context_length",
    "context_window",
    "max_model_len",
    "max_context_length",
)

Price = tuple[str, str]
"""USD per token sent and per token answered, as decimals."""


class Kind(StrEnum):
    """What a model is for."""

    CHAT = "chat"
    EMBEDDING = "embedding"


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model of a provider's list, by the provider's own id. Unknown is None or empty.

    `slug` is the exact version that the id stands for now, which OpenRouter takes as well.
    """

    id: str
    name: str
    kind: Kind
    price: Price | None = None
    context_length: int | None = None
    input_modalities: tuple[str, ...] = ()
    output_modalities: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    expires_on: date | None = None
    slug: str = ""


def listed_model(entry: Any, kind: Kind | None = None) -> ListedModel | None:
    """Return what an entry of a list says, None when it names no model. `kind` is that of
    the whole list, where it has one."""
    if not isinstance(entry, dict):
        return None
    model_id = entry.get("id")
    if not isinstance(model_id, str) or not 0 < len(model_id) <= ID_MAX:
        return None
    ways = _mapping(entry.get("architecture"))
    outputs = _words(ways.get("output_modalities"))
    return ListedModel(
        id=model_id,
        name=_text(entry.get("name")) or model_id,
        kind=kind or _kind(model_id, str(entry.get("type", "")), outputs),
        price=_price(_mapping(entry.get("pricing"))),
        context_length=_context(entry),
        input_modalities=_words(ways.get("input_modalities")),
        output_modalities=outputs,
        parameters=_words(entry.get("supported_parameters")),
        expires_on=_day(entry.get("expiration_date")),
        slug=_text(entry.get("canonical_slug")),
    )


def ollama_model(entry: Any) -> ListedModel | None:
    """Return what an entry of Ollama's tags says, None when it names no model."""
    if not isinstance(entry, dict):
        return None
    families = str(_mapping(entry.get("details")).get("family", ""))
    name = entry.get("name")
    return listed_model(
        {"id": name, "type": "embedding" if families.endswith("bert") else ""}
    )


def _kind(model_id: str, declared: str, outputs: tuple[str, ...]) -> Kind:
    # Most lists do not say; nearly every embedding model has the word in its name.
    said = (model_id.lower(), declared.lower(), *outputs)
    is_embedding = any("embed" in word for word in said)
    return Kind.EMBEDDING if is_embedding else Kind.CHAT


def _price(pricing: Mapping[str, Any]) -> Price | None:
    sent = _decimal(pricing.get("prompt"))
    answered = _decimal(pricing.get("completion"))
    return None if sent is None or answered is None else (sent, answered)


def _decimal(text: Any) -> str | None:
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        price = Decimal(text)
    except InvalidOperation:
        return None
    # Below zero is OpenRouter's sign for a price that depends on the call. A dollar a token
    # is a mistake: nothing costs a millionth of that today.
    if not price.is_finite() or not 0 <= price < 1:
        return None
    written = format(price, "f")
    return written if len(written) <= WORD_MAX else None


def _context(entry: Mapping[str, Any]) -> int | None:
    numbers = (entry.get(key) for key in CONTEXT_KEYS)
    return next(
        (n for n in numbers if type(n) is int and 0 < n <= NUMBER_MAX),
        None,
    )


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None


def _words(value: Any) -> tuple[str, ...]:
    words = value if isinstance(value, list) else []
    kept = (word for word in words if isinstance(word, str) and _is_word(word))
    return tuple(dict.fromkeys(kept))[:WORDS_MAX]


def _is_word(text: str) -> bool:
    return len(text) <= WORD_MAX and text.replace("_", "").replace("-", "").isalnum()


def _text(value: Any) -> str:
    """Return a text as it may be kept and shown: no control characters, not too long."""
    text = value[: 4 * NAME_MAX] if isinstance(value, str) else ""
    return "".join(c for c in text if c.isprintable()).strip()[:NAME_MAX]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
