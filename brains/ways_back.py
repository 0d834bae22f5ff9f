"""What a change that goes back goes back to."""

from brains.errors import RevisionNotFound
from brains.ledger import Action, Change
from brains.models import Activation


def has_same(one: Activation, other: Activation) -> bool:
    """Say whether two revisions have the same preset with the same fields."""
    same_preset = one.preset_id == other.preset_id
    return same_preset and one.as_snapshot() == other.as_snapshot()


def back_to(target: Activation, action: Action) -> Change:
    """Return the change that restores what a revision had, to the letter."""
    return Change(action, target.preset, target.as_snapshot(), restores=target.revision)


def back_from(newest: Activation, action: Action = Action.AUTO_REVERT) -> Change:
    """Return the change that goes back from a revision: to what was for good before it."""
    before = newest.returns_to if newest.is_on_trial else newest.revision - 1
    if not before:
        return Change(action, None, None)
    return back_to(find_revision(before), action)


def find_revision(revision: int) -> Activation:
    """Return a revision of the history. Raises RevisionNotFound."""
    found = Activation.objects.filter(revision=revision).first()
    if found is None:
        raise RevisionNotFound(f"There is no revision {revision}.")
    return found


def settled(newest: Activation | None) -> int | None:
    """Return the revision that a trial goes back to: the last one that was for good."""
    if newest is None:
        return None
    return newest.returns_to if newest.is_on_trial else newest.revision
