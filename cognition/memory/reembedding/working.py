"""One step of a plan at a time: fill, and when nothing lacks its vector, switch. Whatever
happened to what it is about since it began, it stops rather than switch to something else."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from brains import activation, live
from brains.activation import Author, Outcome
from brains.canary.sentences import ends_with_change
from brains.errors import BrainError, PreflightFailed
from brains.models import Activation
from brains.preflight import gate
from brains.selection import Selection, Snapshot, resolve
from brains.space import space_of
from cognition.memory.models import Memory
from cognition.memory.reembedding import kept, lease
from cognition.memory.reembedding.counts import lacking
from cognition.memory.reembedding.embedder import Embedder, selection_in
from cognition.memory.reembedding.errors import LeaseLost
from cognition.memory.reembedding.filling import Work, fail, fill, may_try
from cognition.memory.reembedding.models import KeptSpace, ReEmbedding

State = ReEmbedding.State


def work_on(
    plan: ReEmbedding, effective: Selection, embedder: Embedder, until: float
) -> bool:
    """Do what is to be done for a plan until the time is over; say whether there is more."""
    if plan.state == State.PAUSED:
        return _is_stopped(plan, effective) and False
    if not lease.take(plan):
        return False
    try:
        return _step(plan, effective, embedder, until)
    except LeaseLost:
        return False
    finally:
        lease.give_back(plan)


def _step(
    plan: ReEmbedding, effective: Selection, embedder: Embedder, until: float
) -> bool:
    if _is_stopped(plan, effective) or not may_try(plan):
        return False
    _count(plan)
    work = Work(
        row=plan,
        selection=selection_in(plan.space, effective, plan.name or effective.preset),
        revision=effective.revision,
        lacking=lambda: lacking(plan.space, plan.refused),
        until=until,
        note=_noting(plan),
    )
    if not fill(work, embedder):
        return may_try(plan)
    if plan.snapshot is None:
        _end(plan, State.DONE, f"Every memory has its vector of {plan.space}.")
        return False
    return _switched(plan)


def _is_stopped(plan: ReEmbedding, effective: Selection) -> bool:
    """End a plan whose ground has moved, and say whether it had."""
    if _is_there(plan, effective):
        said = f"Revision {effective.revision} has vectors of {plan.space} already."
        _end(plan, State.DONE, f"{said} Nothing was left to switch.")
        return True
    if not (problem := _moved(plan, effective)):
        return False
    _end(plan, State.FAILED, f"{problem} Nothing was switched.")
    return True


def _is_there(plan: ReEmbedding, effective: Selection) -> bool:
    """Say whether somebody switched by hand when all was embedded."""
    if plan.snapshot is None or space_of(effective) != plan.space:
        return False
    return lacking(plan.space, plan.refused).count() <= kept.STRAGGLERS_MAX


def _moved(plan: ReEmbedding, effective: Selection) -> str:
    """Return what is otherwise than when the plan began; "" when nothing is."""
    now = space_of(effective)
    if now != plan.from_space:
        who = f"revision {effective.revision} ({effective.preset or 'no preset'})"
        return (
            f"The embedding model was changed meanwhile: {who} gives vectors of {now}."
        )
    if plan.snapshot is None:
        return ""
    if plan.preset is None:
        return f"{plan.name} was deleted meanwhile."
    if plan.preset.snapshot() != Snapshot(**plan.snapshot):
        return (
            f"{plan.name} was edited meanwhile: begin again, what is embedded is kept."
        )
    then = space_of(resolve(plan.preset.snapshot(), live.ladder()))
    if then != plan.space:
        return f"{plan.name} inherits another embedding model by now: {then}."
    return ""


def _count(plan: ReEmbedding) -> None:
    """Count anew what is there, and begin to measure the pace where it is not yet."""
    total = Memory.objects.count()
    plan.done = total - lacking(plan.space).count()
    plan.total = total
    changes: dict[str, Any] = {"done": plan.done, "total": total}
    if plan.paced_since is None:
        plan.paced_since, plan.paced_from = timezone.now(), plan.done
        changes |= {"paced_since": plan.paced_since, "paced_from": plan.paced_from}
    lease.renew(plan, **changes)


def _noting(plan: ReEmbedding) -> Callable[[int, float | None], dict[str, Any]]:
    def note(count: int, cost_usd: float | None) -> dict[str, Any]:
        changes: dict[str, Any] = {"done": plan.done + count}
        if cost_usd is not None:
            changes["cost_usd"] = (plan.cost_usd or 0.0) + cost_usd
        return changes

    return note


def _switched(plan: ReEmbedding) -> bool:
    """Activate what the plan is for; say whether there is more to do soon. Its models are
    asked first, as before any activation: that was long ago for some of them."""
    lease.renew(plan, state=State.SWITCHING)
    plan.state = State.SWITCHING
    try:
        if candidate := gate.to_ask(_snapshot(plan)):
            gate.admit(candidate)
        return not _activated(plan)
    except PreflightFailed as failed:
        fail(plan, failed)
    except BrainError as refused:
        _end(plan, State.FAILED, f"{refused} Nothing was switched.")
    return False


def _activated(plan: ReEmbedding) -> bool:
    """Switch in one transaction with the last count; False when more was missing than can
    be made right after."""
    with activation.together():
        lease.renew(plan)
        plan.refresh_from_db()
        if _is_stopped(plan, live.peek().selection) or plan.preset is None:
            return True
        missing = lacking(plan.space, plan.refused).count()
        if missing > kept.STRAGGLERS_MAX:
            lease.renew(plan, state=State.RUNNING)
            return False
        outcome = activation.activate(
            plan.preset, _author(plan), lacking_max=missing + len(plan.refused)
        )
        row = kept.mark(plan.space)
        KeptSpace.objects.filter(pk=row.pk).update(
            is_whole=True, refused=plan.refused, checked_to=0
        )
        _end(plan, State.DONE, _said(plan, outcome), outcome.activation)
    return True


def _author(plan: ReEmbedding) -> Author:
    reason = plan.reason or f"Re-embedded for {plan.space} first."
    return Author(plan.by_name, plan.by, reason)


def _said(plan: ReEmbedding, outcome: Outcome) -> str:
    said = f"{plan.name} is live, with vectors of {plan.space}."
    if ended := ends_with_change(outcome.ended_canary):
        said += f" {ended}"
    if plan.refused:
        said += f" Its provider refused {len(plan.refused)} of the memories."
    return said


def _end(
    plan: ReEmbedding, state: State, outcome: str, made: Activation | None = None
) -> None:
    changes: dict[str, Any] = {
        **{"state": state, "outcome": outcome, "ended_at": timezone.now()},
        **{"revision": made.revision if made else None},
    }
    rows = ReEmbedding.objects.filter(pk=plan.pk, state__in=ReEmbedding.OPEN)
    rows.update(**changes)


def _snapshot(plan: ReEmbedding) -> Snapshot:
    return Snapshot(**(plan.snapshot or {}))
