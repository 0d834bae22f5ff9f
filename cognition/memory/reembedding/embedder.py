"""Embeds texts from where there is no event loop: in one of its own, in a thread, so that who
waits can renew a lease meanwhile."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from types import TracebackType
from typing import Self

from brains.layers import DIMENSION, EMBEDDING
from brains.selection import Choice, Selection, Source
from brains.space import Space, space_of
from cognition.brain import Brain, plans
from cognition.memory.embedding import Embedded, embed
from gateway.upstream import Upstream

BEAT_S = 5.0


class Embedder:
    """One loop and its connections, from the first text to the end of the block."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reembedding")
        self._runner: asyncio.Runner | None = None
        self._upstream = Upstream()
        self._plans = plans()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if runner := self._runner:
            self._thread.submit(runner.run, self._upstream.client.close()).result()
            self._thread.submit(runner.close).result()
        self._thread.shutdown()

    def embed(
        self, texts: Sequence[str], selection: Selection, beat: Callable[[], None]
    ) -> Embedded:
        """Return the vectors of texts by a selection's embedding model; call `beat` every
        few seconds. Raises ProviderError, GatewayError, and what `beat` raises."""
        brain = Brain(selection, self._plans, self._upstream)
        runner = self._runner = self._runner or asyncio.Runner()
        asked = self._thread.submit(runner.run, embed(brain, texts))
        while not wait([asked], timeout=BEAT_S).done:
            beat()
        return asked.result()


def selection_in(space: Space, effective: Selection, preset: str | None) -> Selection:
    """Return a selection whose vectors live in `space`. Its revision is 0: what fills a
    space is no call of the revision that is live, which is judged by its own."""
    choices = effective.choices
    if space_of(effective) != space:
        choices = {
            **choices,
            EMBEDDING.model.field: Choice(space.model, Source.PRESET, ()),
            DIMENSION.field: Choice(str(space.dimension), Source.PRESET, ()),
        }
    return replace(effective, revision=0, preset=preset, choices=choices)
