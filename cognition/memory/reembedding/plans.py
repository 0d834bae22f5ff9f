"""What people do with a plan: begin, pause, resume and cancel it. One is open at most."""

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from brains import activation, live
from brains.activation import Author
from brains.embedding_lock import refusal
from brains.errors import VectorsInUse
from brains.ledger import latest
from brains.lookup import stored
from brains.models import ModelPreset
from brains.preflight import gate
from brains.selection import Selection, resolve
from brains.space import Space, space_of
from cognition.memory.models import Memory
from cognition.memory.reembedding.counts import lacking
from cognition.memory.reembedding.errors import ReEmbeddingOpen, ReEmbeddingRefused
from cognition.memory.reembedding.models import ReEmbedding
from gateway.background.schedule import soon

State = ReEmbedding.State

TASK = "cognition.memory.reembedding.tasks.reembed"


def open_plan() -> ReEmbedding | None:
    """Return the plan that is not over, or None."""
    return ReEmbedding.objects.filter(state__in=ReEmbedding.OPEN).first()


def is_at_work() -> bool:
    """Say whether there is anything to do for a plan now."""
    is_due = Q(retry_at=None) | Q(retry_at__lte=timezone.now())
    running = (State.RUNNING, State.SWITCHING)
    return ReEmbedding.objects.filter(is_due, state__in=running).exists()


def ask_first(preset: ModelPreset, opened_at: str | None = None) -> None:
    """Ask the models of a preset as before an activation: better now than when all is
    embedded. Where it cannot begin anyway, none is asked.

    Raises what `begin` does, and PreflightFailed.
    """
    fresh, _, _ = _wanted(preset, opened_at)
    if fresh and (candidate := gate.to_ask(fresh.snapshot())):
        gate.admit(candidate)


def begin(
    preset: ModelPreset | None, author: Author, *, opened_at: str | None = None
) -> ReEmbedding:
    """Begin to re-embed for a preset as it is saved now; without one, for what is effective.

    Raises ReEmbeddingRefused when there is nothing to do or another plan is open; and, for
    the preset, PresetNotFound, PresetChanged and EmbeddingLocked as an activation does.
    """
    with activation.together():
        fresh, target, missing = _wanted(preset, opened_at)
        effective = live.peek().selection
        total = Memory.objects.count()
        plan = ReEmbedding.objects.create(
            preset=fresh,
            snapshot=asdict(fresh.snapshot()) if fresh else None,
            **_spaces(target, space_of(effective)),
            by=author.user,
            by_name=author.name,
            reason=author.reason,
            total=total,
            done=total - missing,
        )
        soon(TASK)
    return plan


def pause(plan: ReEmbedding) -> None:
    """Let a plan rest; the batch that is under way is not kept. Raises
    ReEmbeddingRefused."""
    running = (State.RUNNING, State.SWITCHING)
    _change(plan, running, {"state": State.PAUSED}, "It does not run")


def resume(plan: ReEmbedding) -> None:
    """Let a plan go on, and try its provider at once. Raises ReEmbeddingRefused."""
    changes = {
        **{"state": State.RUNNING, "retry_at": None, "failures": 0},
        **{"failing_since": None, "paced_since": None},
    }
    _change(plan, ReEmbedding.OPEN, changes, "It is over")


def cancel(plan: ReEmbedding, author: Author) -> None:
    """End a plan without a switch. What it has embedded stays for the grace time, so that
    another one need not begin anew. Raises ReEmbeddingRefused."""
    changes = {
        "state": State.CANCELLED,
        "ended_at": timezone.now(),
        "outcome": f"Cancelled by {author.name}.",
    }
    _change(plan, ReEmbedding.OPEN, changes, "It is over")


def _wanted(
    preset: ModelPreset | None, opened_at: str | None
) -> tuple[ModelPreset | None, Space, int]:
    """Return the preset as it is stored now, what is to be filled for it, and how many
    memories lack their vector there. Raises what `begin` does."""
    if other := open_plan():
        raise ReEmbeddingOpen(f"Another re-embedding is open: {other}.")
    fresh = stored(preset, opened_at) if preset else None
    target = _target(fresh, live.peek().selection)
    missing = lacking(target).count()
    if not fresh and not missing:
        raise ReEmbeddingRefused(f"Every memory has its vector of {target}.")
    return fresh, target, missing


def _target(preset: ModelPreset | None, effective: Selection) -> Space:
    """Return what is to be filled. Raises ReEmbeddingRefused when that is effective already,
    and EmbeddingLocked when it must not become so."""
    now = space_of(effective)
    if preset is None:
        return now
    target = space_of(resolve(preset.snapshot(), live.ladder()))
    if target == now:
        raise ReEmbeddingRefused(
            f"{preset.name} has the embedding model that is effective, {now}: activate it, "
            "no vectors change."
        )
    newest = latest()
    before = newest.as_snapshot() if newest else None
    locked = refusal(before, preset.snapshot())
    if locked and not isinstance(locked, VectorsInUse):
        raise locked
    return target


def _spaces(target: Space, now: Space) -> dict[str, Any]:
    return {
        "model": target.model,
        "dimension": target.dimension,
        "from_model": now.model,
        "from_dimension": now.dimension,
    }


def _change(
    plan: ReEmbedding, of: tuple[State, ...], changes: dict[str, Any], why_not: str
) -> None:
    with transaction.atomic():
        rows = ReEmbedding.objects.filter(pk=plan.pk, state__in=of)
        if not rows.update(**changes):
            plan.refresh_from_db()
            raise ReEmbeddingRefused(
                f"{why_not}: {plan} is {plan.get_state_display()}."
            )
        soon(TASK)
    plan.refresh_from_db()
