"""A rehearsal as it runs: begun, then in slices of some seconds, each under a lease. What has
its answer is never asked again; what a killed worker left is taken up by the next one."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from brains.models import ModelPreset
from brains.selection import Selection
from cognition.kept_selection import kept, restored
from cognition.rehearsal import texts
from cognition.rehearsal.asking import Answer, Question, ask
from cognition.rehearsal.choosing import Chosen
from cognition.rehearsal.models import Rehearsal, RehearsedExchange
from gateway.kept.sealing import Unreadable, seal, seal_if_any
from gateway.kept.texts import unpack

State = Rehearsal.State
Rows = QuerySet[RehearsedExchange]
WAITING = RehearsedExchange.State.WAITING

LEASE = timedelta(seconds=30)
SLICE_S = 15.0
AT_ONCE = 4
# An exchange that ended so many workers is left alone.
ATTEMPTS_MAX = 3


class LeaseLost(Exception):
    """Another worker has taken the rehearsal, or a person has stopped it."""


def begin(
    preset: ModelPreset,
    selection: Selection,
    chosen: Sequence[Chosen],
    *,
    layer: str,
    cap_usd: float,
    user: Any,
) -> Rehearsal:
    """Make a rehearsal of these exchanges; a task that runs it is to be enqueued."""
    with transaction.atomic():
        rehearsal = Rehearsal.objects.create(
            preset=preset,
            preset_name=preset.name,
            selection=kept(selection),
            layer=layer,
            cap_usd=cap_usd,
            leased_until=timezone.now() + LEASE,
            started_by=user,
            by_name=user.get_username(),
        )
        RehearsedExchange.objects.bulk_create(
            RehearsedExchange(
                rehearsal=rehearsal,
                exchange=each.exchange,
                expected_usd=each.expected_usd,
            )
            for each in chosen
        )
    return rehearsal


def stop(pk: int) -> bool:
    """Stop a rehearsal; say whether it was still running."""
    return bool(_end(Rehearsal.objects.filter(pk=pk), State.STOPPED))


def left_behind(now: datetime) -> list[tuple[int, datetime]]:
    """Return id and lease of each rehearsal that runs and that nobody is at."""
    rows = Rehearsal.objects.filter(state=State.RUNNING, leased_until__lt=now)
    return list(rows.values_list("pk", "leased_until"))


def run_slice(pk: int, lease: datetime) -> datetime | None:
    """Ask for some seconds; return the lease under which to go on, None at the end, or when
    the lease is another's by now."""
    try:
        return _Run(pk, lease).slice()
    except LeaseLost:
        return None


class _Run:
    """One slice."""

    def __init__(self, pk: int, lease: datetime) -> None:
        self._mine = Rehearsal.objects.filter(pk=pk, state=State.RUNNING)
        self._lease = lease
        self._renew()
        self._rehearsal = Rehearsal.objects.get(pk=pk)
        self._selection = restored(self._rehearsal.selection)
        self._rows = RehearsedExchange.objects.filter(rehearsal=pk)

    def slice(self) -> datetime | None:
        until = time.monotonic() + SLICE_S
        while self._rows.filter(state=WAITING).exists():
            if not (batch := self._batch()):
                _end(self._mine, State.CAPPED)
                return None
            self._ask(batch)
            if time.monotonic() > until:
                self._renew()
                return self._lease
        _end(self._mine, State.DONE)
        return None

    def _renew(self) -> None:
        """Move the lease on. Raises LeaseLost."""
        later = timezone.now() + LEASE
        if not self._mine.filter(leased_until=self._lease).update(leased_until=later):
            raise LeaseLost
        self._lease = later

    def _batch(self) -> list[RehearsedExchange]:
        """Return what is asked next: as many at once as the cap has room for by the
        estimate, one where no price is known; none when there is no room."""
        room = self._rehearsal.cap_usd - spent(self._rows)
        batch: list[RehearsedExchange] = []
        for row in self._waiting()[:AT_ONCE] if room > 0 else ():
            if (row.expected_usd or 0.0) > room:
                break
            room -= row.expected_usd or 0.0
            batch.append(row)
            if row.expected_usd is None:
                break
        return batch

    def _waiting(self) -> Rows:
        return self._rows.filter(state=WAITING).select_related("exchange")

    def _ask(self, batch: list[RehearsedExchange]) -> None:
        """Ask, and keep each answer; also those that come once the lease is lost, since
        they are paid for. Raises LeaseLost."""
        questions = list(self._questions(batch))
        ids = [question.id for question in questions]
        self._rows.filter(pk__in=ids).update(attempts=F("attempts") + 1)
        lost: LeaseLost | None = None
        for answer in ask(questions, self._selection) if questions else ():
            if answer:
                self._keep(answer)
            try:
                self._renew()
            except LeaseLost as error:
                lost = error
        if lost:
            raise lost

    def _questions(self, batch: list[RehearsedExchange]) -> Iterator[Question]:
        key = seal_if_any()
        for row in batch:
            if row.attempts >= ATTEMPTS_MAX:
                self._set_aside(row, "worker_died")
                continue
            exchange = row.exchange
            try:
                asked = unpack(key, exchange.sealed, exchange.call_id).asked
            except Unreadable:
                self._set_aside(row, "unreadable")
                continue
            yield Question(row.pk, exchange.layer, exchange.is_streamed, asked)

    def _set_aside(self, row: RehearsedExchange, error: str) -> None:
        failed = RehearsedExchange.State.FAILED
        self._rows.filter(pk=row.pk, state=WAITING).update(
            state=failed, error=error, ended_at=timezone.now()
        )

    def _keep(self, answer: Answer) -> None:
        states, stamp = RehearsedExchange.State, answer.stamp
        first_ms = stamp["first_chunk_ms"]
        self._rows.filter(pk=answer.id, state=WAITING).update(
            state=states.FAILED if answer.error else states.ANSWERED,
            error=answer.error[:100],
            model=stamp["model"],
            fallback=stamp["fallback"][:100],
            input_tokens=stamp["input_tokens"],
            output_tokens=stamp["output_tokens"],
            cost_usd=stamp["cost_usd"],
            first_chunk_s=None if first_ms is None else first_ms / 1000,
            duration_s=stamp["duration_ms"] / 1000,
            sealed=texts.sealed(seal(), answer.text, answer.id),
            ended_at=timezone.now(),
        )


def spent(rows: Rows) -> float:
    """Return what these took, as far as it is known."""
    return float(rows.aggregate(usd=Sum("cost_usd"))["usd"] or 0.0)


def _end(rehearsals: QuerySet[Rehearsal], state: State) -> int:
    running = rehearsals.filter(state=State.RUNNING)
    return running.update(state=state, ended_at=timezone.now())
