"""What tests of re-embedding do with plans and batches."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from cognition.memory.embedding import Embedded
from cognition.memory.reembedding.embedder import Embedder
from cognition.memory.reembedding.models import KeptSpace, ReEmbedding
from tests.upstream import FakeUpstream

LONG_S = 60.0
"""Time enough for all there is to do."""


def the_plan() -> ReEmbedding:
    """Return the one plan as it is now."""
    return ReEmbedding.objects.get()


def retry_now() -> None:
    """Let the time pass until a provider that failed is tried again."""
    ReEmbedding.objects.update(retry_at=None)
    KeptSpace.objects.update(retry_at=None)


def after_each_batch(
    upstream: FakeUpstream,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[FakeUpstream], object],
) -> None:
    """Do something between the answer for a batch and its being kept."""
    embed = Embedder.embed

    def embed_and_act(self: Embedder, texts: Sequence[str], *rest: Any) -> Embedded:
        embedded = embed(self, texts, *rest)
        act(upstream)
        return embedded

    monkeypatch.setattr(Embedder, "embed", embed_and_act)
