"""A conversation as Markdown, with its stamps. What people and models said stands in fences:
wherever the text is shown, nothing of it becomes markup."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from brains.wording import to_the_minute
from cognition.conversations.models import Conversation, Turn
from cognition.playground.earlier import reflection_of
from cognition.reflection.models import Reflection
from gateway.canary import CANDIDATE

FENCE_MIN = 3
LAYERS = ("l1", "l3", "embedding")
LABELS = {"l1": "L1", "l2": "L2", "l3": "L3", "embedding": "Embedding"}


def as_markdown(conversation: Conversation, turns: Sequence[Turn]) -> str:
    """Return all of it as one text."""
    head = (
        f"# A conversation with Aura\n\nBegun {to_the_minute(conversation.created_at)}."
    )
    return "\n\n".join([head, *(part for turn in turns for part in _turn(turn))]) + "\n"


def _turn(turn: Turn) -> Iterator[str]:
    served = f"preset {_code(turn.preset)}" if turn.preset else "no preset"
    if any(stamp.get("canary") == CANDIDATE for stamp in turn.stamps.values()):
        served += ", the candidate of a canary"
    yield f"## Turn {turn.number}\n\nRevision {turn.revision}, {served}."
    yield f"**Message**\n\n{_fenced(turn.message)}"
    if turn.instinct:
        yield f"**Instinct**\n\n{_fenced(turn.instinct)}"
    yield f"**Reply**\n\n{_fenced(turn.reply)}"
    yield from _lists(turn)
    reflection = reflection_of(turn)
    if reflection and reflection.state == Reflection.State.DONE:
        yield _reflection(reflection)
    yield _stamps(turn, reflection)


def _lists(turn: Turn) -> Iterator[str]:
    memories = (f"{m['similarity']:.2f} {_code(m['text'])}" for m in turn.recalled)
    for title, items in (
        ("Recalled", memories),
        ("Advice that it was given", (_code(i["text"]) for i in turn.insights)),
        ("Notes", map(_code, turn.notes)),
    ):
        if listed := "\n".join(f"- {item}" for item in items):
            yield f"**{title}**\n\n{listed}"


def _reflection(reflection: Reflection) -> str:
    said = [
        ("Asked", reflection.asked),
        ("Missed", reflection.missed),
        *(("To remember", text) for text in reflection.remember),
        ("Advice", reflection.advice),
    ]
    lines = "\n".join(f"- {title}: {_code(text)}" for title, text in said if text)
    return f"**Reflection**\n\n{lines}"


def _stamps(turn: Turn, reflection: Reflection | None) -> str:
    stamps = [turn.stamps[layer] for layer in LAYERS if layer in turn.stamps]
    if reflection and reflection.stamp:
        stamps.append(reflection.stamp)
    head = (
        "| layer | model | first token | all | tokens in, out | USD |",
        "|---|---|---|---|---|---|",
    )
    return "\n".join([*head, *map(_row, stamps)])


def _row(stamp: Mapping[str, Any]) -> str:
    cells: Iterable[str] = (
        LABELS.get(stamp["layer"], ""),
        f"`{stamp['model']}`",
        _known(stamp["first_chunk_ms"], " ms"),
        _known(stamp["duration_ms"], " ms"),
        f"{_known(stamp['input_tokens'])}, {_known(stamp['output_tokens'])}",
        _known(stamp["cost_usd"]),
    )
    return f"| {' | '.join(cells)} |"


def _known(figure: float | None, unit: str = "") -> str:
    if figure is None:
        return "–"
    return f"{figure:.10f}".rstrip("0").rstrip(".") + unit


def _fenced(text: str) -> str:
    """Return text between fences longer than any in it."""
    fence = "`" * _longer_than_any_in(text, FENCE_MIN)
    return f"{fence}text\n{text}\n{fence}"


def _code(text: str) -> str:
    """Return a text as code on one line."""
    line = " ".join(text.split()) or " "
    ticks = "`" * _longer_than_any_in(line, 1)
    return f"{ticks} {line} {ticks}" if "`" in line else f"`{line}`"


def _longer_than_any_in(text: str, at_least: int) -> int:
    longest = max(map(len, re.findall("`+", text)), default=0)
    return max(longest + 1, at_least)
