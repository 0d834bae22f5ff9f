"""Who is asked, in which order and how often, until one answers: the layer's own model, a
second time where that helps, then its fallbacks. Nothing here runs after the first chunk."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.errors import from_provider
from gateway.plans import Candidate
from gateway.underway import Call
from gateway.upstream import Upstream
from providers.errors import (
    ProviderError,
    ProviderNotReady,
    ProviderPaused,
    ProviderRejected,
    ProviderTruncated,
    ProviderUnreachable,
)
from providers.registry import Route

logger = logging.getLogger(__name__)

T = TypeVar("T")
Ask = Callable[[Route], Awaitable[T]]

RETRY_AFTER_S = (0.02, 0.08)
"""A retry waits a random time between these, so that many do not come at once."""
PASSING = frozenset({500, 502, 503, 529})
# What is wrong with the request itself is wrong for every model.
THE_CLIENTS_OWN = frozenset({400, 413, 414, 415, 422})


async def in_turn(call: Call, upstream: Upstream, ask: Ask[T]) -> T:
    """Ask one candidate after the other until one answers.

    Raises the first one's ProviderError when none does: it is the model that was chosen.
    """
    candidates = call.plan.candidates
    if len(candidates) == 1:
        return await _with_retry(call, candidates[0], upstream, ask)
    first: ProviderError | None = None
    for candidate in candidates:
        try:
            answer = await attempt(call, candidate, upstream, ask)
        except ProviderError as error:
            first = first or error
            if not may_fall_back(error):
                break
        else:
            settle(call, candidate, reason_of(first))
            return answer
    raise first or AssertionError("a plan without candidates")


async def attempt(
    call: Call, candidate: Candidate, upstream: Upstream, ask: Ask[T]
) -> T:
    """Ask one candidate once, if its breaker lets it. Raises ProviderError."""
    upstream.breakers.enter(candidate.route)
    call.attempts += 1
    try:
        answer = await ask(candidate.route)
    except ProviderError as error:
        note_failure(upstream, candidate, error)
        raise
    upstream.breakers.succeeded(candidate.route)
    return answer


def note_failure(
    upstream: Upstream, candidate: Candidate, error: ProviderError
) -> None:
    """Count a failure against a candidate, unless it is the client's own or a question of
    set-up, which waiting does not mend."""
    if isinstance(error, ProviderRejected) and error.permanent:
        return
    if not isinstance(error, ProviderNotReady):
        upstream.breakers.failed(candidate.route)


def settle(call: Call, candidate: Candidate, reason: str) -> None:
    """Fix who serves a call; `reason` says why a fallback does."""
    call.served = candidate
    if candidate.is_fallback:
        call.fallback = reason
        logger.warning(
            "Falling back: %s %s reason=%s call=%s",
            candidate.model,
            candidate.described,
            reason,
            call.id,
        )


def may_fall_back(error: ProviderError) -> bool:
    """Say whether another model may do what this one did not."""
    return not (isinstance(error, ProviderRejected) and error.status in THE_CLIENTS_OWN)


def reason_of(error: ProviderError | None) -> str:
    """Return an error as the reason for a fallback: its code."""
    return (from_provider(error).code or "") if error else ""


async def _with_retry(
    call: Call, candidate: Candidate, upstream: Upstream, ask: Ask[T]
) -> T:
    """Ask the only candidate; once more when that may help and the budget allows it."""
    budget = upstream.retries[candidate.route.provider.name]
    budget.count_call()
    try:
        return await attempt(call, candidate, upstream, ask)
    except ProviderError as error:
        if not _may_pass(error) or not budget.take():
            raise
        first = error
    await asyncio.sleep(random.uniform(*RETRY_AFTER_S))  # noqa: S311 - no secret
    try:
        return await attempt(call, candidate, upstream, ask)
    except ProviderPaused:
        raise first from None


def _may_pass(error: ProviderError) -> bool:
    """Say whether a second attempt may do better. Not after a timeout, whose wait it would
    double, nor after a 429, which asks for less."""
    if isinstance(error, ProviderRejected):
        return error.status in PASSING
    return isinstance(error, ProviderUnreachable | ProviderTruncated)
