"""The only writer of what is effective. Each function validates and prepares, commits under
the lock of the counter row, and then does only what cannot fail."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from brains.canary import rows as canaries
from brains.canary.split import shown_percent
from brains.embedding_lock import refuse_change, shortfall
from brains.errors import (
    PresetChanged,
    PresetIsLive,
)
from brains.ledger import (
    Action,
    Author,
    Change,
    Outcome,
    append,
    latest,
    lock,
    publish_change,
)
from brains.lookup import find_preset, stored
from brains.models import Activation, ChangeCounter, ModelPreset
from brains.ways_back import back_from, back_to, find_revision, has_same, settled

__all__ = [
    "REASON_LENGTH",
    "Action",
    "Author",
    "Outcome",
    "activate",
    "auto_revert",
    "confirm",
    "deactivate",
    "delete_presets",
    "end_trial",
    "find_preset",
    "has_same",
    "is_live",
    "latest",
    "live_preset_id",
    "promote_canary",
    "publish",
    "revert",
    "roll_back",
    "save_preset",
    "together",
]

REASON_LENGTH = Activation._meta.get_field("reason").max_length or 0


def live_preset_id() -> int | None:
    """Return the id of the live preset, or None when none is active."""
    newest = latest()
    return newest.preset_id if newest else None


def is_live(preset: ModelPreset) -> bool:
    """Say whether this preset is live exactly as it is saved now."""
    newest = latest()
    return bool(newest and newest.is_of(preset))


def activate(
    preset: ModelPreset,
    author: Author,
    *,
    opened_at: str | None = None,
    trial: timedelta | None = None,
    forced: bool = False,
    lacking_max: int = 0,
) -> Outcome:
    """Make `preset`, as it is saved now, the live one. Activating what is live already
    changes nothing. On `trial` it ends by itself after that time, unless it is confirmed.
    `forced` keeps in the history that it went past the check of its models. So many memories
    as `lacking_max` may lack a vector of its embedding model: who re-embeds makes them after.

    `opened_at` is `updated_at` (ISO 8601) as the author saw it: raises PresetChanged when
    somebody saved the preset since. Raises PresetNotFound when somebody has deleted it, and
    EmbeddingLocked.
    """
    with transaction.atomic():
        counter = lock()
        fresh, newest = stored(preset, opened_at), latest()
        if newest and newest.is_of(fresh):
            return Outcome(newest, newest, changed=False)
        change = Change(Action.ACTIVATE, fresh, fresh.snapshot(), forced=forced)
        if trial:
            change.confirm_by = timezone.now() + trial
            change.returns_to = settled(newest)
        return _guarded(counter, newest, change, author, lacking_max)


def deactivate(author: Author) -> Outcome:
    """Let no preset be live: every value comes from the rungs below. Raises
    EmbeddingLocked."""
    with transaction.atomic():
        counter = lock()
        newest = latest()
        if newest is None or newest.snapshot is None:
            return Outcome(newest, newest, changed=False)
        change = Change(Action.DEACTIVATE, None, None)
        return _guarded(counter, newest, change, author)


def confirm(author: Author, *, revision: int | None = None) -> Outcome:
    """Let what is live on trial stay. Nothing changes when it is not on trial, or when
    another `revision` is live than the one that was meant."""
    with transaction.atomic():
        counter = lock()
        newest = latest()
        if (
            newest is None
            or not newest.is_on_trial
            or revision not in (None, newest.revision)
        ):
            return Outcome(newest, newest, changed=False)
        change = Change(Action.CONFIRM, newest.preset, newest.as_snapshot())
        return append(counter, newest, change, author)


def roll_back(revision: int, author: Author, *, forced: bool = False) -> Outcome:
    """Make what `revision` had the live selection again, to the letter of its snapshot.
    Nothing changes when that is live already, for good.

    Raises RevisionNotFound and EmbeddingLocked.
    """
    with transaction.atomic():
        counter = lock()
        newest, target = latest(), find_revision(revision)
        if newest and not newest.is_on_trial and has_same(newest, target):
            return Outcome(newest, newest, changed=False)
        change = back_to(target, Action.ROLL_BACK)
        change.forced = forced
        return _guarded(counter, newest, change, author)


def revert(author: Author, *, revision: int) -> Outcome:
    """Go back from `revision`, which is live on trial, before its time is up. Nothing
    changes when it is not live any more, or no longer on trial."""
    with transaction.atomic():
        counter = lock()
        newest = latest()
        if newest is None or not newest.is_on_trial or newest.revision != revision:
            return Outcome(newest, newest, changed=False)
        return append(counter, newest, back_from(newest, Action.ROLL_BACK), author)


def end_trial(now: datetime | None = None) -> Outcome:
    """Go back from what is live on trial, if its time is up and nobody has confirmed it.

    Neither the lock on the embedding model nor the guard of its vectors holds it up: they
    were asked when the trial began, and nobody is there to mend what they would refuse now.
    """
    with transaction.atomic():
        counter = lock()
        newest = latest()
        if newest is None or newest.confirm_by is None:
            return Outcome(newest, newest, changed=False)
        if newest.confirm_by > (now or timezone.now()):
            return Outcome(newest, newest, changed=False)
        reason = f"Nobody confirmed revision {newest.revision} in time."
        return _by_itself(counter, newest, reason)


def auto_revert(revision: int, reason: str) -> Outcome:
    """Go back from `revision` to what was live before it, because of `reason`. Nothing
    changes when another one is live by now, or when it went back by itself already."""
    with transaction.atomic():
        counter = lock()
        newest = latest()
        if newest is None or newest.revision != revision:
            return Outcome(newest, newest, changed=False)
        if newest.action == Action.AUTO_REVERT:
            return Outcome(newest, newest, changed=False)
        return _by_itself(counter, newest, reason)


def promote_canary(
    author: Author, canary: int | None = None, *, forced: bool = False
) -> Outcome:
    """Activate what the canary tries, to the letter. Raises NoCanary when none runs,
    or another one than that with the id `canary`."""
    with transaction.atomic():
        counter = lock()
        running = canaries.the_running(canary)
        change = Change(Action.ACTIVATE, running.preset, running.as_snapshot())
        change.promotes, change.forced = True, forced
        share = shown_percent(running.percent)
        reason = author.reason or f"Promoted from a canary with {share} of the calls."
        return _guarded(counter, latest(), change, replace(author, reason=reason))


def save_preset(
    preset: ModelPreset,
    author: Author,
    *,
    opened_at: str | None = None,
    forced: bool = False,
) -> Outcome:
    """Save a validated preset; when it is live and its fields changed, that is a revision.
    Raises EmbeddingLocked, and saves nothing, when that must not be.

    `opened_at` is `updated_at` (ISO 8601) as the editor saw it: raises PresetChanged when
    somebody saved the preset since, and always when somebody has deleted it.
    """
    with transaction.atomic():
        counter = lock()
        if preset.pk:
            stored(preset, opened_at, gone=PresetChanged)
        preset.save()
        newest = latest()
        its = newest and newest.preset_id == preset.pk
        if newest and its and not newest.is_of(preset):
            change = Change(Action.EDIT, preset, preset.snapshot(), forced=forced)
            change.confirm_by, change.returns_to = newest.confirm_by, newest.returns_to
            return _guarded(counter, newest, change, author)
        publish_change(counter)
        return Outcome(newest, newest, changed=False)


def delete_presets(presets: Iterable[ModelPreset]) -> None:
    """Delete presets; their history keeps its snapshots.

    Raises PresetIsLive, and deletes none, when one of them is live.
    """
    doomed = list(presets)
    with transaction.atomic():
        counter = lock()
        live_id = live_preset_id()
        if is_live := next((p for p in doomed if p.pk == live_id), None):
            raise PresetIsLive(
                f"{is_live.name} is live and cannot be deleted. Activate another "
                "preset, or deactivate it, first."
            )
        ModelPreset.objects.filter(pk__in=[p.pk for p in doomed]).delete()
        publish_change(counter)


@contextmanager
def together() -> Iterator[None]:
    """Make several changes as one: all of them or, when one is refused, none. Nobody else
    changes anything meanwhile."""
    with transaction.atomic():
        lock()
        yield


def publish() -> None:
    """Tell every worker that something it holds in memory has changed, such as a key.

    Call it inside the transaction of that change.
    """
    publish_change(lock())


def _guarded(
    counter: ChangeCounter,
    newest: Activation | None,
    change: Change,
    author: Author,
    lacking_max: int = 0,
) -> Outcome:
    """Append a change, unless what is stored forbids another embedding model."""
    before = newest.as_snapshot() if newest else None
    refuse_change(before, change.snapshot, lacking_max)
    return append(counter, newest, change, author)


def _by_itself(counter: ChangeCounter, newest: Activation, reason: str) -> Outcome:
    """Go back in Aura's own name, and say what lacks its vector then."""
    change = back_from(newest)
    reason += shortfall(newest.as_snapshot(), change.snapshot)
    author = Author("Aura", reason=reason[:REASON_LENGTH])
    return append(counter, newest, change, author)
