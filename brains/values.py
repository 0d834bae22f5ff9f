"""What a model id and a dimension may be. Every rung of the ladder and the admin's form
go through these two checks."""

import re

MODEL_ID_LENGTH = 200
DIMENSION_MAX = 16_000
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
    check = dimension_problem if field == "embedding_dimension" else model_id_problem
    return check(text)


def normalised(field: str, text: str) -> str:
    """Return a value that passed its check as it is kept: a dimension in plain digits."""
    return str(int(text)) if field == "embedding_dimension" else text
