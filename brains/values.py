"""What a model id, a list of fallbacks and a dimension may be. Every rung of the ladder and
the admin's form go through these checks."""

import re

from brains.layers import DIMENSION, FALLBACK_FIELDS

MODEL_ID_LENGTH = 200
FALLBACKS_MAX = 5
FALLBACKS_LENGTH = FALLBACKS_MAX * (MODEL_ID_LENGTH + len(", "))
DIMENSION_MAX = 16_000
NO_FALLBACKS = "none"
_MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+/-]{0,199}")
_SHOWN = 60


def shown(text: str) -> str:
    """Return `text` as it may stand in a message: quoted, escaped and about 60 long."""
    quoted = ascii(text[: _SHOWN + 1])
    if len(quoted) <= _SHOWN + 2:
        return quoted
    return f"{quoted[:_SHOWN]}…{quoted[0]}"


def model_id_problem(text: str) -> str:
    """Return why `text` cannot be a model id, as a sentence, or "" when it can."""
    if len(text) > MODEL_ID_LENGTH:
        return f"A model id has at most {MODEL_ID_LENGTH} characters, this has {len(text)}."
    if "://" in text:
        return (
            f"{shown(text)} is an address, not a model id. Write the provider's id, "
            "such as deepseek/deepseek-chat; addresses of providers are set in the environment."
        )
    if ".." in text.split("/"):
        return f"{shown(text)} has a '..' in its path, which no model id has."
    if not _MODEL_ID.fullmatch(text):
        return (
            f"{shown(text)} is not a model id: it starts with a letter or digit and has "
            "only letters, digits and . _ : @ + / - after that."
        )
    return ""


def model_ids(text: str) -> tuple[str, ...]:
    """Return the items of a comma-separated list of model ids, trimmed, each once."""
    items = (item.strip() for item in text.split(","))
    return tuple(dict.fromkeys(item for item in items if item))


def fallbacks_problem(text: str) -> str:
    """Return why `text` cannot name a layer's fallbacks, or "" when it can."""
    ids = model_ids(text)
    if not ids:
        return f"{shown(text)} names no model: list model ids, or write none."
    if len(ids) > FALLBACKS_MAX:
        return f"At most {FALLBACKS_MAX} fallbacks can be named, this has {len(ids)}."
    if len(ids) > 1 and any(map(_means_none, ids)):
        return f"{shown(text)} says none and names models: write either."
    return next(filter(None, map(model_id_problem, ids)), "")


def kept_fallbacks(text: str) -> str:
    """Return fallbacks that passed their check in the one way they are kept where a person
    wrote them: "a/b,c/d", or "none"."""
    ids = model_ids(text)
    return NO_FALLBACKS if any(map(_means_none, ids)) else ",".join(ids)


def dimension_problem(text: str) -> str:
    """Return why `text` cannot be an embedding dimension, or "" when it can."""
    try:
        number = int(text) if len(text) <= _SHOWN else 0
    except ValueError:
        number = 0
    if 1 <= number <= DIMENSION_MAX:
        return ""
    return f"{shown(text)} is not a dimension: write a whole number from 1 to {DIMENSION_MAX}."


def problem_with(field: str, text: str) -> str:
    """Return why `text` cannot be the value of `field`, or "" when it can."""
    if field in FALLBACK_FIELDS:
        return fallbacks_problem(text)
    check = dimension_problem if field == DIMENSION.field else model_id_problem
    return check(text)


def normalised(field: str, text: str) -> str:
    """Return a value that passed its check as it is kept: a dimension in plain digits,
    fallbacks with nothing but commas between them, and "" for none."""
    if field in FALLBACK_FIELDS:
        kept = kept_fallbacks(text)
        return "" if kept == NO_FALLBACKS else kept
    return str(int(text)) if field == DIMENSION.field else text


def _means_none(item: str) -> bool:
    return item.lower() == NO_FALLBACKS
