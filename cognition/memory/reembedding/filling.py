"""Fills a space: takes memories that lack their vector, in batches, and puts it beside those
that they have. Where it stopped is not kept: what lacks a vector says it, so whatever kills
this leaves nothing out and nothing twice."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from brains.selection import Selection
from cognition.memory.embedding import Embedded
from cognition.memory.models import Memory
from cognition.memory.reembedding import lease
from cognition.memory.reembedding.embedder import Embedder
from cognition.memory.reembedding.models import Filling
from cognition.memory.store import Vector, keep_vectors
from gateway.attempts import THE_CLIENTS_OWN
from gateway.errors import GatewayError
from providers.errors import ProviderError, ProviderRejected, ProviderTimeout

BATCH = 64
REFUSED_MAX = 100
"""So many texts may be refused one by one; of more the model is to blame."""
RETRY_S, RETRY_MAX_S = 5, 300
ERROR_MAX = 500


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be filled, with whose models, how, and until when (monotonic time)."""

    row: Filling
    selection: Selection
    revision: int
    lacking: Callable[[], QuerySet[Memory]]
    until: float
    note: Callable[[int, float | None], dict[str, Any]] = lambda count, cost: {}
    """Gives what to write into the row for so many vectors, and their cost."""


def may_try(row: Filling) -> bool:
    """Say whether its provider may be asked again by now."""
    return row.retry_at is None or row.retry_at <= timezone.now()


def fill(work: Work, embedder: Embedder) -> bool:
    """Fill until nothing lacks its vector, and say so with True; or until the time is over,
    or the provider fails, which the row says then. Raises LeaseLost."""
    size, after = BATCH, 0
    while time.monotonic() < work.until:
        batch = list(work.lacking().filter(pk__gt=after)[:size])
        if not batch and not after:
            return True
        if not batch:
            after = 0  # once more from the beginning: some were made meanwhile
            continue
        try:
            _embed(work, embedder, batch)
        except (ProviderError, GatewayError) as error:
            if len(batch) > 1 and _may_be_the_texts(error):
                size = len(batch) // 2
            elif not (_is_refusal(error) and refuse(work.row, batch[0], error)):
                fail(work.row, error)
                return False
        else:
            size, after = min(2 * size, BATCH), batch[-1].pk
    return False


def fail(row: Filling, error: Exception) -> None:
    """Note that something failed, and when to try again: later each time. Raises
    LeaseLost."""
    now, failures = timezone.now(), row.failures + 1
    wait_s = min(RETRY_S * 2 ** min(row.failures, 10), RETRY_MAX_S)
    asked_for = getattr(error, "retry_after_s", None) or 0
    wait_s = max(wait_s, min(asked_for, RETRY_MAX_S))
    changes = {
        "error": str(error)[:ERROR_MAX],
        "failures": failures,
        "failing_since": row.failing_since or now,
        "retry_at": now + timedelta(seconds=wait_s),
    }
    _write(row, changes)


def refuse(row: Filling, memory: Memory, error: Exception) -> bool:
    """Leave a memory out whose text is refused on its own; False when there are too many."""
    if len(row.refused) >= REFUSED_MAX:
        return False
    refused = [*row.refused, memory.pk]
    _write(row, {"refused": refused, "error": str(error)[:ERROR_MAX]})
    return True


def _embed(work: Work, embedder: Embedder, batch: list[Memory]) -> None:
    texts = [memory.text for memory in batch]
    embedded = embedder.embed(texts, work.selection, lambda: lease.renew(work.row))
    with transaction.atomic():
        _keep(work, batch, embedded)
        changes = {"failures": 0, "failing_since": None, "retry_at": None}
        noted = work.note(len(batch), embedded.stamp["cost_usd"])
        _write(work.row, changes | noted)


def _keep(work: Work, batch: list[Memory], embedded: Embedded) -> None:
    """Keep the vectors of those memories that nobody has deleted meanwhile."""
    ids = [memory.pk for memory in batch]
    found = Memory.objects.select_for_update(no_key=True).filter(pk__in=ids)
    still = set(found.values_list("pk", flat=True))
    keep_vectors(
        (memory, Vector(vector, embedded.space, work.revision))
        for memory, vector in zip(batch, embedded.vectors, strict=True)
        if memory.pk in still
    )


def _write(row: Filling, changes: dict[str, Any]) -> None:
    lease.renew(row, **changes)
    for name, value in changes.items():
        setattr(row, name, value)


def _is_refusal(error: Exception) -> bool:
    return isinstance(error, ProviderRejected) and error.status in THE_CLIENTS_OWN


def _may_be_the_texts(error: Exception) -> bool:
    """Say whether fewer texts at once may do: one is refused, or all take too long."""
    return _is_refusal(error) or isinstance(error, ProviderTimeout)
