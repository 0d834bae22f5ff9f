"""Recall and L3's part: what is remembered of the person, then the reply as a stream."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from functools import partial

from django.db import DatabaseError

from cognition.brain import stamp
from cognition.conversations.exchanges import listener, noted
from cognition.memory.embedding import embed
from cognition.memory.store import Vector, recall
from cognition.prompts import prompt
from cognition.turns.context import REPLY_TOKENS, SMALL_REPLY_TOKENS, fitted
from cognition.turns.errand import Errand
from cognition.turns.events import Delta, Event
from cognition.turns.said import finish, words
from cognition.turns.thought import Thought
from gateway import calls
from gateway.errors import GatewayError
from providers.errors import ProviderError

MEMORIES = 4
EMBEDDED = "offline"
"""The provider of the embedded models."""
MEMORY_SHOWN = 400
"""Of a memory, so many characters go into the prompt."""


Tell = Callable[[Event | Errand], None]


async def remember_what_was(thought: Thought, tell: Tell) -> None:
    """Recall what is nearest to the message. Where that fails the reply comes without
    memories, and says so."""
    asked, opening = thought.asked, thought.opening
    if not thought.brain.may_ask("embedding"):
        thought.notes.append("No memories: this key is not for embedding.")
        return
    try:
        embedded = await embed(thought.brain, [asked.message])
        thought.stamps["embedding"] = embedded.stamp
        [kept] = embedded.vectors
        thought.vector = Vector(kept, embedded.space, embedded.revision)
        recent = {said.turn for said in opening.history}
        nearest = partial(
            recall, opening.person, thought.vector, MEMORIES, except_turns=recent
        )
        tell(errand := Errand(nearest))
        thought.memories = await errand.result()
    except (ProviderError, GatewayError):
        model = thought.brain.selection.choice("embedding").value
        thought.notes.append(f"No memories: {model} did not answer.")
    except DatabaseError:
        thought.notes.append("No memories: the database did not answer.")


async def reply(
    thought: Thought,
    context: int | None,
    may_speak: asyncio.Event,
    tell: Tell,
) -> None:
    """Let L3 reply; its first words wait for `may_speak`. Raises ProviderError and
    GatewayError."""
    await remember_what_was(thought, tell)
    told = prompt(
        "reply",
        memories=[memory.text[:MEMORY_SHOWN] for memory in thought.memories],
        advice=[advice.text for advice in thought.opening.advice],
    )
    thought.prompts["reply"] = told.version
    history = thought.opening.history
    call = thought.brain.call("l3", is_streamed=True)
    is_small = call.served.route.provider.name == EMBEDDED
    fit = fitted(
        told.text,
        history,
        thought.asked.message,
        context,
        SMALL_REPLY_TOKENS if is_small else REPLY_TOKENS,
    )
    if fit.note:
        thought.notes.append(fit.note)
    body = {"messages": fit.messages, "max_tokens": fit.max_tokens}
    ended, heard = "", listener(thought)
    try:
        stream = calls.stream_chat(call, body, thought.brain.upstream)
        async with aclosing(stream):
            async for chunk in stream:
                ended = finish(chunk) or ended
                if heard:
                    heard.take(chunk)
                if text := words(chunk):
                    await may_speak.wait()
                    thought.reply += text
                    tell(Delta(text))
    finally:
        thought.stamps["l3"] = stamp(call)
    if heard:
        thought.exchange = noted(call, body, heard)
    if ended == "length":
        thought.notes.append(f"The reply was cut at {fit.max_tokens:,} tokens.")
