"""L2's part: it is asked for its insight, and what it wants remembered is embedded, both by
the models of the turn."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cognition.brain import Brain, stamp
from cognition.conversations.models import Turn
from cognition.memory.embedding import embed
from cognition.memory.store import Vector
from cognition.prompts import examples, prompt
from cognition.reflection.insight import RESPONSE_FORMAT, Insight, parse
from cognition.turns.said import answer
from gateway import calls
from gateway.errors import GatewayError
from providers.errors import ProviderError, ProviderRejected

logger = logging.getLogger(__name__)

MAX_TOKENS = 700
STRUCTURED = {
    "response_format": RESPONSE_FORMAT,
    "temperature": 0,
    # Small models fall into loops without it.
    "frequency_penalty": 0.3,
}
SHOWN = 6_000
"""Of a message and of a reply, so many characters are shown to L2."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reflected:
    """An insight, what its call took, and the vectors of what is to be remembered: one each
    and in order, or none where the embedding model failed."""

    insight: Insight
    stamp: Json
    vectors: Sequence[Vector]


async def think_back(brain: Brain, turn: Turn) -> Reflected:
    """Return what L2 makes of a turn. Raises ProviderError, GatewayError, InvalidInsight."""
    body: Json = {"messages": _messages(turn), "max_tokens": MAX_TOKENS}
    try:
        said, took = await _ask(brain, body | STRUCTURED)
    except ProviderRejected as rejected:
        if rejected.status != 400:
            raise
        # A model without structured output: what it says is checked all the same.
        said, took = await _ask(brain, body)
    insight = parse(said)
    return Reflected(insight, took, await _vectors(brain, insight.remember))


def _messages(turn: Turn) -> list[Json]:
    messages = [{"role": "system", "content": prompt("reflect").text}]
    for example in examples():
        messages += [
            _exchange(example["message"], example["reply"]),
            {"role": "assistant", "content": json.dumps(example["insight"])},
        ]
    return [*messages, _exchange(turn.message[:SHOWN], turn.reply[:SHOWN])]


def _exchange(message: str, reply: str) -> Json:
    text = prompt("exchange", message=message, reply=reply).text
    return {"role": "user", "content": text}


async def _ask(brain: Brain, body: Json) -> tuple[str, Json]:
    call = brain.call("l2")
    completion = await calls.chat(call, body, brain.upstream)
    return answer(completion), stamp(call)


async def _vectors(brain: Brain, texts: Sequence[str]) -> list[Vector]:
    if not texts or not brain.may_ask("embedding"):
        return []
    try:
        embedded = await embed(brain, texts)
    except (ProviderError, GatewayError) as error:
        logger.warning("What L2 noted has no vectors yet (%s).", type(error).__name__)
        return []
    space, revision = embedded.space, embedded.revision
    return [Vector(kept, space, revision) for kept in embedded.vectors]
