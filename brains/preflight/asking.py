"""Asks the questions of a check, all layers at once, in an event loop of its own. What the
answers mean is decided in `findings`."""

import asyncio
import base64
import binascii
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace
from queue import SimpleQueue
from typing import Any

from brains.preflight.findings import Finding, answered, failed, measured
from brains.preflight.questions import NEWER_LIMIT, Question
from providers.client import Client
from providers.deadlines import Deadlines
from providers.errors import ProviderError, ProviderInvalid, ProviderRejected

# For one layer, its questions one after the other; a local server may have to load a model.
ANSWER_S = 30.0
CONNECT_S = 5.0
# A server that ignores max_tokens is not listened to for longer than this.
CHUNKS_MAX = 64

Tell = Callable[[Finding], None]


def ask(questions: Sequence[Question]) -> Iterator[Finding]:
    """Yield what each layer says as it comes, in about ANSWER_S at most. Never raises for
    a provider: its failure is a finding.

    The loop runs in another thread: so whoever iterates may use the database meanwhile.
    """
    found: SimpleQueue[Finding | None] = SimpleQueue()
    thread = ThreadPoolExecutor(1, thread_name_prefix="preflight")
    try:
        asking = thread.submit(asyncio.run, _ask_all(questions, found.put))
        asking.add_done_callback(lambda _: found.put(None))
        for _ in questions:
            if (finding := found.get()) is None:
                raise RuntimeError("The check broke off.") from asking.exception()
            yield finding
    finally:
        thread.shutdown(wait=False)


async def _ask_all(questions: Sequence[Question], tell: Tell) -> None:
    client = Client()
    try:
        async with asyncio.TaskGroup() as group:
            for question in questions:
                group.create_task(_ask(client, question, tell))
    finally:
        await client.close()


async def _ask(client: Client, question: Question, tell: Tell) -> None:
    try:
        finding = await _answer(client, question)
    except ProviderError as error:
        finding = failed(question, error)
    tell(finding)


async def _answer(client: Client, question: Question) -> Finding:
    """Ask; once more, with the newer name of the limit, where that was all that was wrong:
    what was refused has cost nothing."""
    try:
        return await _found(client, question)
    except ProviderRejected as rejected:
        if rejected.status != 400 or NEWER_LIMIT not in rejected.message:
            raise
        return await _found(client, replace(question, limit=NEWER_LIMIT))


async def _found(client: Client, question: Question) -> Finding:
    if question.dimension:
        return await _measure(client, question)
    return answered(question, await _times_ms(client, question))


async def _measure(client: Client, question: Question) -> Finding:
    began = time.monotonic()
    answer = await client.embed(question.route, question.body, _until(began + ANSWER_S))
    length = _length(answer["data"], question)
    return measured(question, length, _ms_since(began))


async def _times_ms(client: Client, question: Question) -> list[int]:
    """Return the wait for the answer or, where it is asked for more than once, the wait for
    each stream's first chunk."""
    began = time.monotonic()
    due = began + ANSWER_S
    if question.times > 1:
        return [
            await _first_chunk_ms(client, question, due) for _ in range(question.times)
        ]
    await client.chat(question.route, question.body, _until(due))
    return [_ms_since(began)]


async def _first_chunk_ms(client: Client, question: Question, due: float) -> int:
    """Read a stream to its end, so that one that breaks off is noticed."""
    began, first_ms = time.monotonic(), None
    stream = client.stream_chat(question.route, question.body, _until(due))
    async with aclosing(stream):
        count = 0
        async for _ in stream:
            count += 1
            if first_ms is None:
                first_ms = _ms_since(began)
            if count >= CHUNKS_MAX:
                break
    return first_ms or 0


def _until(due: float) -> Deadlines:
    left_s = max(due - time.monotonic(), 0.001)
    return Deadlines(left_s, left_s, left_s, CONNECT_S)


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _length(rows: list[dict[str, Any]], question: Question) -> int:
    """Return the length of the one vector. Raises ProviderInvalid."""
    vectors = [row["embedding"] for row in rows]
    try:
        [vector] = vectors
        if isinstance(vector, str):
            return len(base64.b64decode(vector, validate=True)) // 4  # float32 each
    except (ValueError, binascii.Error):
        vector = None
    if not vector or not {int, float}.issuperset(map(type, vector)):
        provider = question.route.provider
        text = f"{provider.title} sent something that is not one vector."
        raise ProviderInvalid(text, provider=provider.name)
    return len(vector)
