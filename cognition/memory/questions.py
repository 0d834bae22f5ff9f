"""What is merely a question: it holds nothing that could answer another one."""

import re

ENDS = "?\uff1f\u061f\u1367"
"""The marks at the end of a question: Latin, full width, Arabic, Ethiopic."""
LENGTH_MAX = 1_000
# After a Latin mark a sentence goes on with a space: "Is 3.5 enough?" is one.
_BETWEEN = re.compile(
    r"(?<=[.!?\u061f\u1362\u1367\u0964\u2026])\s+|(?<=[\u3002\uff01\uff1f])|\n"
)
_CLOSING = " \t\"'\u201c\u201d\u2018\u2019\u00bb\u203a\u300d\u300f)]}*_!"


def is_question(text: str) -> bool:
    """Say whether every sentence of a text ends with a question mark. One that says something
    beside what it asks is none; nor is a long one, nor one without its mark: those count as
    facts."""
    if len(text) > LENGTH_MAX or not _asks(text):
        return False
    return all(_asks(part) for part in _BETWEEN.split(text) if part.strip())


def _asks(sentence: str) -> bool:
    return sentence.rstrip(_CLOSING).endswith(tuple(ENDS))
