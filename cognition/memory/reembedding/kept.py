"""The spaces that are or were effective: each is kept filled, so that a way back is instant,
until its grace time is over; then its vectors go, some at a time."""

import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from brains import activation, live
from brains.ledger import latest
from brains.selection import Selection, resolve
from brains.space import Space, space_of
from brains.ways_back import find_revision
from cognition.memory.models import MemoryVector
from cognition.memory.reembedding import lease
from cognition.memory.reembedding.counts import lacking_lately, settled, vectors_in
from cognition.memory.reembedding.embedder import Embedder, selection_in
from cognition.memory.reembedding.errors import LeaseLost
from cognition.memory.reembedding.filling import Work, fill, may_try
from cognition.memory.reembedding.models import KeptSpace
from cognition.memory.reembedding.plans import open_plan

STRAGGLERS_MAX = 100
"""So few memories are embedded without being asked: they cost next to nothing."""
DROPPED_AT_ONCE = 500


@transaction.atomic
def mark(effective: Space) -> KeptSpace:
    """Note which space is effective; for what was until now its grace time begins."""
    rows = KeptSpace.objects.select_for_update()
    row, _ = rows.get_or_create(model=effective.model, dimension=effective.dimension)
    if row.until is not None:
        row.until = None
        row.save(update_fields=["until"])
    left = rows.filter(until=None).exclude(pk=row.pk)
    left.update(until=timezone.now() + _grace())
    return row


def adopt() -> None:
    """Give a grace time to spaces that have vectors and are not known, such as what a plan
    left that was cancelled."""
    found = MemoryVector.objects.values_list("model", "dimension").distinct()
    for model, dimension in found.order_by("model", "dimension"):
        if not _is_in_a_plan(Space(model, dimension)):
            KeptSpace.objects.get_or_create(
                model=model,
                dimension=dimension,
                defaults={"until": timezone.now() + _grace()},
            )


def look(effective: Selection, embedder: Embedder, until: float) -> bool:
    """Fill each space that is kept, and drop those whose time is over; say whether there is
    more to do than there was time for."""
    mark(space_of(effective))
    more = False
    for row in KeptSpace.objects.order_by("pk"):
        if _is_over(row):
            more |= not _drop(row, until)
        else:
            more |= not _keep_filled(row, effective, embedder, until)
    return more


def _keep_filled(
    row: KeptSpace, effective: Selection, embedder: Embedder, until: float
) -> bool:
    """Embed what lacks its vector; False when time was over. Many memories in a space that
    never was whole wait until a person asks for it: they cost something."""
    settled_to = settled()
    missing = lacking_lately(row)[: STRAGGLERS_MAX + 1].count()
    if not missing:
        _note_whole(row, settled_to)
        return True
    is_small = row.until is None and missing <= STRAGGLERS_MAX
    if not (row.is_whole or is_small) or not may_try(row) or _is_in_a_plan(row.space):
        return True
    if not lease.take(row):
        return True
    revision = effective.revision
    selection = selection_in(row.space, effective, effective.preset)
    work = Work(row, selection, revision, lambda: lacking_lately(row), until)
    try:
        return fill(work, embedder) or not may_try(row)
    except LeaseLost:
        return True
    finally:
        lease.give_back(row)


def _note_whole(row: KeptSpace, settled_to: int) -> None:
    if not row.is_whole or row.checked_to != settled_to:
        rows = KeptSpace.objects.filter(pk=row.pk)
        rows.update(is_whole=True, checked_to=settled_to)


def _is_over(row: KeptSpace) -> bool:
    return row.until is not None and row.until <= timezone.now()


def _drop(row: KeptSpace, until: float) -> bool:
    """Delete vectors until time is over; True when nothing is left to do. Each time under
    the lock of all changes: nobody can go back to what is being deleted."""
    while time.monotonic() < until:
        with activation.together():
            row.refresh_from_db()
            if not _is_over(row) or _is_needed(row.space):
                return True
            ids = list(
                vectors_in(row.space).values_list("pk", flat=True)[:DROPPED_AT_ONCE]
            )
            if not ids:
                row.delete()
                return True
            KeptSpace.objects.filter(pk=row.pk).update(is_whole=False, checked_to=0)
            MemoryVector.objects.filter(pk__in=ids).delete()
    return False


def _is_needed(space: Space) -> bool:
    """Say whether a space is effective, will be by a plan, or comes back after a trial."""
    newest = latest()
    effective = resolve(newest.as_snapshot() if newest else None, live.ladder())
    if space_of(effective) == space or _is_in_a_plan(space):
        return True
    if newest is None or not newest.is_on_trial:
        return False
    before = find_revision(newest.returns_to) if newest.returns_to else None
    comes_back = resolve(before.as_snapshot() if before else None, live.ladder())
    return space_of(comes_back) == space


def _is_in_a_plan(space: Space) -> bool:
    plan = open_plan()
    return plan is not None and plan.space == space


def _grace() -> timedelta:
    return timedelta(hours=settings.AURA_EMBEDDING_GRACE_HOURS)
