"""Asks a candidate some exchanges at once, in an event loop of its own, through the gateway's
calls: same deadlines, fallbacks and records as a client's."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from brains.selection import Selection
from cognition.brain import Brain, plans, stamp
from gateway import calls
from gateway.accounts import outcome
from gateway.errors import from_provider
from gateway.kept.reply import StreamedReply, WholeReply
from gateway.keys import KeyInfo
from gateway.underway import Call
from gateway.upstream import Upstream, at_hand
from providers.errors import ProviderError

Json = dict[str, Any]

# How calls of rehearsals are on record: by this name, and charged to nobody's limits.
KEY = KeyInfo(0, "Rehearsal", None)
EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Question:
    """One exchange to ask again, as it was asked."""

    id: int
    layer: str
    is_streamed: bool
    body: Json


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question: the reply or, with an error's code, why there is none. The
    stamp is as `cognition.brain.stamp` writes it."""

    id: int
    text: str
    error: str
    stamp: Json


def ask(questions: Sequence[Question], selection: Selection) -> Iterator[Answer | None]:
    """Yield the answers as they come, and None every EVERY_S without one. Never raises for
    a provider: its failure is an answer.

    The loop runs in another thread: so whoever iterates may use the database meanwhile.
    """
    found: SimpleQueue[Answer | BaseException | None] = SimpleQueue()
    thread = ThreadPoolExecutor(1, thread_name_prefix="rehearsal")
    asking = thread.submit(asyncio.run, _ask_all(questions, selection, found))
    asking.add_done_callback(lambda done: found.put(done.exception()))
    left = len(questions)
    try:
        while left:
            try:
                answer = found.get(timeout=EVERY_S)
            except Empty:
                yield None
                continue
            if not isinstance(answer, Answer):
                raise RuntimeError("The asking broke off.") from answer
            left -= 1
            yield answer
        asking.result()  # the last call is on record a moment after its answer
    finally:
        thread.shutdown(wait=False)


async def _ask_all(
    questions: Sequence[Question],
    selection: Selection,
    found: "SimpleQueue[Answer | BaseException | None]",
) -> None:
    async with at_hand() as upstream, asyncio.TaskGroup() as group:
        brain = Brain(selection, plans(), upstream, KEY)
        for question in questions:
            group.create_task(_ask(brain, question, found))


async def _ask(
    brain: Brain,
    question: Question,
    found: "SimpleQueue[Answer | BaseException | None]",
) -> None:
    call = brain.call(question.layer, is_streamed=question.is_streamed)
    try:
        text, error = await _text(call, question, brain.upstream), ""
    except ProviderError as failure:
        text, error = from_provider(failure).message, outcome(failure)[1]
    found.put(Answer(question.id, text, error, stamp(call)))


async def _text(call: Call, question: Question, upstream: Upstream) -> str:
    if not question.is_streamed:
        return WholeReply(await calls.chat(call, question.body, upstream)).text()
    reply = StreamedReply()
    async with aclosing(calls.stream_chat(call, question.body, upstream)) as chunks:
        async for chunk in chunks:
            reply.take(chunk)
    return reply.text()
