"""One reflection as a job. Its row is leased to whoever is at it, so that one that was killed
is taken up again and one that succeeded is never done twice, whatever engine runs the task."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import zip_longest

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from cognition.brain import Brain, plans
from cognition.conversations.models import Turn
from cognition.kept_selection import restored
from cognition.memory.store import Kind, remember
from cognition.reflection.asking import Reflected, think_back
from cognition.reflection.insight import InvalidInsight
from cognition.reflection.models import Reflection
from gateway.errors import GatewayError
from gateway.keys import KeyInfo, info_of
from gateway.upstream import at_hand
from providers.errors import ProviderError

logger = logging.getLogger(__name__)

State = Reflection.State

TRIES_MAX = 3
LEASE = timedelta(seconds=45)
RENEW_EVERY_S = 15.0
WAIT_AFTER_FAILURE = timedelta(seconds=10)
ENQUEUED = timedelta(minutes=5)
"""So long a task may wait for its turn before it is taken for lost."""
AT_ONCE = 100
KILLED = "Whoever was at it ended before it was done, {} times."


def run(pk: int) -> None:
    """Let L2 reflect, unless that is done, given up, or somebody is at it.

    What goes wrong with a provider or with what L2 said is tried again later, three times
    in all; then it is set aside with its reason.
    """
    if not (reflection := _lease(pk)):
        return
    with ThreadPoolExecutor(1, thread_name_prefix="reflection") as thread:
        key = _key_of(reflection.turn)
        thinking = thread.submit(asyncio.run, _think(reflection, key))
        try:
            reflected = _waited(thinking, reflection)
        except (ProviderError, GatewayError, InvalidInsight) as error:
            _put_back(reflection, str(error))
        else:
            _keep(reflection, reflected)


def take_up_left() -> Sequence[int]:
    """Return those to be enqueued anew, the oldest first: killed, failed and to be tried
    again, or lost on their way. They count as enqueued from now on. Those whose tries are
    used up are set aside."""
    due = _due()
    for reflection in due.filter(attempts__gte=TRIES_MAX):
        reason = reflection.reason or KILLED.format(TRIES_MAX)
        _mine(reflection).update(state=State.FAILED, reason=reason, ended_at=_now())
    taken = list(due.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    _due().filter(pk__in=taken).update(
        state=State.WAITING, leased_until=_now() + ENQUEUED
    )
    return taken


def has_left() -> bool:
    """Say whether there is anything to take up."""
    return _due().exists()


def retry(reflections: QuerySet[Reflection]) -> int:
    """Let those that were set aside be tried anew; return how many."""
    failed = reflections.filter(state=State.FAILED)
    return failed.update(state=State.WAITING, attempts=0, leased_until=None)


def enqueued() -> datetime:
    """Return until when one that is enqueued now is not enqueued again."""
    return _now() + ENQUEUED


def _due() -> QuerySet[Reflection]:
    is_due = Q(leased_until=None) | Q(leased_until__lte=_now())
    return Reflection.objects.filter(is_due, state__in=(State.WAITING, State.RUNNING))


def _lease(pk: int) -> Reflection | None:
    """Take a reflection, if it can be had: by one statement, so that one alone gets it."""
    is_free = Q(state=State.WAITING) | Q(state=State.RUNNING, leased_until__lte=_now())
    free = Reflection.objects.filter(is_free, pk=pk, attempts__lt=TRIES_MAX)
    taken = free.update(
        state=State.RUNNING,
        attempts=F("attempts") + 1,
        leased_until=_now() + LEASE,
    )
    row = Reflection.objects.select_related("turn").filter(pk=pk)
    return row.first() if taken else None


def _mine(reflection: Reflection) -> QuerySet[Reflection]:
    """Return its row as long as nobody else has taken it over."""
    return Reflection.objects.filter(
        pk=reflection.pk,
        attempts=reflection.attempts,
        state__in=(State.WAITING, State.RUNNING),
    )


def _waited(thinking: "Future[Reflected]", reflection: Reflection) -> Reflected:
    """Wait for the answer; meanwhile the lease is renewed."""
    while True:
        try:
            return thinking.result(RENEW_EVERY_S)
        except NotYet:
            if thinking.done():
                raise
            _mine(reflection).update(leased_until=_now() + LEASE)


def _key_of(turn: Turn) -> KeyInfo | None:
    """Return the key of the turn, which is charged for this too."""
    if turn.key_id and (info := info_of(turn.key_id)):
        return info
    return KeyInfo(turn.key_id, turn.key_name, None) if turn.key_name else None


async def _think(reflection: Reflection, key: KeyInfo | None) -> Reflected:
    turn = reflection.turn
    async with at_hand() as upstream:
        brain = Brain(restored(turn.selection), plans(), upstream, key)
        return await think_back(brain, turn)


def _put_back(reflection: Reflection, reason: str) -> None:
    is_last = reflection.attempts >= TRIES_MAX
    logger.warning("A reflection failed: reflection=%s", reflection.pk)
    _mine(reflection).update(
        state=State.FAILED if is_last else State.WAITING,
        reason=reason,
        leased_until=_now() + reflection.attempts * WAIT_AFTER_FAILURE,
        ended_at=_now() if is_last else None,
    )


@transaction.atomic
def _keep(reflection: Reflection, reflected: Reflected) -> None:
    """Keep the insight and what it wants remembered, once."""
    insight = asdict(reflected.insight)
    insight["remember"] = list(reflected.insight.remember)
    is_kept = _mine(reflection).update(
        state=State.DONE,
        stamp=reflected.stamp,
        reason="",
        leased_until=None,
        ended_at=_now(),
        **insight,
    )
    if not is_kept:
        return
    turn = reflection.turn
    person = turn.conversation.person
    for text, vector in zip_longest(reflected.insight.remember, reflected.vectors):
        vectors = [vector] if vector else []
        remember(person, text, Kind.NOTED, turn=turn, vectors=vectors)


def _now() -> datetime:
    return timezone.now()
