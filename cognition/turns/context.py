"""What of a conversation fits into a model's context: the newest turns that do, and a
sentence about those that do not. Tokens are estimated, since tokenizers differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cognition.conversations.store import Said
from gateway.errors import BadRequest

UNKNOWN_CONTEXT = 4096
"""For a model whose catalogue does not say."""
REPLY_TOKENS = 1024
SMALL_REPLY_TOKENS = 256
"""Of an embedded model: a small one does not stop by itself, and holds its core that long."""
SHARE_OF_REPLY = 4
"""A reply gets at most one part in so many of the context."""
BYTES_PER_TOKEN = 3
"""English has about four; other scripts, in UTF-8, about three."""
PER_MESSAGE = 8

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is sent, how long the reply may be, and which turns the model is told of."""

    messages: list[Message]
    max_tokens: int
    turns: frozenset[int]
    note: str = ""


def fitted(
    system: str,
    history: Sequence[Said],
    message: str,
    context: int | None,
    reply_tokens: int = REPLY_TOKENS,
) -> Fitted:
    """Return a prompt for a context of so many tokens, without the oldest turns where all
    do not fit. Raises BadRequest when not even the message does."""
    limit = context or UNKNOWN_CONTEXT
    max_tokens = min(reply_tokens, limit // SHARE_OF_REPLY)
    left = limit - max_tokens - _tokens(system) - _tokens(message)
    if left < 0:
        raise BadRequest(
            f"The message is too long: with it, more than the {limit:,} tokens of the "
            "model's context would be needed.",
            param="message",
        )
    kept = _newest(history, left)
    return Fitted(
        messages=[
            {"role": "system", "content": system},
            *(part for said in kept for part in _both(said)),
            {"role": "user", "content": message},
        ],
        max_tokens=max_tokens,
        turns=frozenset(said.turn for said in kept),
        note=_note(len(history) - len(kept), len(history), limit),
    )


def _newest(history: Sequence[Said], left: int) -> list[Said]:
    kept: list[Said] = []
    for said in reversed(history):
        left -= _tokens(said.message) + _tokens(said.reply)
        if left < 0:
            break
        kept.append(said)
    return kept[::-1]


def _note(dropped: int, all_of_them: int, limit: int) -> str:
    if not dropped:
        return ""
    return (
        f"Of {all_of_them} earlier turns the oldest {dropped} were left out, to fit the "
        f"{limit:,} tokens of the model's context."
    )


def _both(said: Said) -> tuple[Message, Message]:
    return (
        {"role": "user", "content": said.message},
        {"role": "assistant", "content": said.reply},
    )


def _tokens(text: str) -> int:
    return len(text.encode()) // BYTES_PER_TOKEN + PER_MESSAGE
