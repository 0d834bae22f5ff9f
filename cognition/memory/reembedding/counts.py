"""Which memories lack their vector in a space, and how many."""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from brains.embedding_guard import Stored
from brains.space import Space
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.reembedding.models import KeptSpace

# A memory may become visible after others with higher ids, of a writer that was quicker.
SETTLED = timedelta(minutes=10)


def lacking(space: Space, refused: Collection[int] = ()) -> QuerySet[Memory]:
    """Return the memories without a vector in a space, in their order, without those that
    its provider refused."""
    theirs = vectors_in(space).filter(memory=OuterRef("pk"))
    found = Memory.objects.filter(~Exists(theirs)).order_by("pk")
    return found.exclude(pk__in=list(refused)) if refused else found


def lacking_lately(row: KeptSpace) -> QuerySet[Memory]:
    """Return what lacks its vector in a space that was looked at before, without what was
    settled then."""
    return lacking(row.space, row.refused).filter(pk__gt=row.checked_to)


def settled() -> int:
    """Return the id up to which no memory will come any more."""
    old = Memory.objects.filter(created_at__lt=timezone.now() - SETTLED)
    # From the end: the first that is old enough is near it.
    return old.order_by("-pk").values_list("pk", flat=True).first() or 0


def vectors_in(space: Space) -> QuerySet[MemoryVector]:
    """Return the vectors of a space."""
    return MemoryVector.objects.filter(model=space.model, dimension=space.dimension)


def stored(now: Space, then: Space) -> Stored:
    """Return what the guard wants to know: how much has vectors in `now`, and what of that
    lacks one in `then`. The costly part is counted only where it is told."""
    having = vectors_in(now)
    beside = vectors_in(then).filter(memory=OuterRef("memory"))
    missing = having.filter(~Exists(beside)).count()
    if not missing:
        return Stored()
    return Stored(
        memories=having.count(),
        people=having.values("person").distinct().count(),
        lacking=missing,
        is_kept=is_kept(then),
    )


def is_kept(space: Space) -> bool:
    """Say whether every memory had its vector in a space, which is kept filled since."""
    rows = KeptSpace.objects.filter(
        model=space.model, dimension=space.dimension, is_whole=True
    )
    return rows.filter(Q(until=None) | Q(until__gt=timezone.now())).exists()
