"""The only writer of what is effective. Each function validates and prepares, commits under
the lock of the counter row, and then does only what cannot fail."""

import logging
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, models, transaction

from brains import live
from brains.errors import PresetChanged, PresetIsLive, PresetNotFound
from brains.models import Activation, ChangeCounter, ModelPreset
from brains.selection import Snapshot, resolve
from brains.values import shown

logger = logging.getLogger(__name__)

Action = Activation.Action

LOCK_TIMEOUT_MS = 10_000


@dataclass(frozen=True)
class Outcome:
    """What a change did: the live activation (None: never any), what it replaced, and
    whether anything changed at all."""

    activation: Activation | None
    replaced: Activation | None
    changed: bool


@dataclass(frozen=True)
class Author:
    """Who makes a change and why. `user` is a Django user, or None for the command line."""

    name: str
    user: Any = None
    reason: str = ""


def latest() -> Activation | None:
    """Return the activation with the highest revision: the live one."""
    return Activation.objects.order_by("-revision").first()


def live_preset_id() -> int | None:
    """Return the id of the live preset, or None when none is active."""
    newest = latest()
    return newest.preset_id if newest else None


def find_preset(name: str) -> ModelPreset:
    """Return the preset with this name (without regard to case) or slug.

    Raises PresetNotFound with the names that exist.
    """
    presets = list(ModelPreset.objects.all())
    # Compared here: SQLite knows the case of ASCII letters only.
    wanted = name.strip().casefold()
    by_slug = {preset.slug: preset for preset in presets}
    by_name = {preset.name.casefold(): preset for preset in presets}
    if preset := by_name.get(wanted) or by_slug.get(wanted):
        return preset
    names = ", ".join(preset.name for preset in presets) or "none"
    raise PresetNotFound(f"There is no preset {shown(name)}. Presets: {names}.")


def activate(
    preset: ModelPreset, author: Author, *, opened_at: str | None = None
) -> Outcome:
    """Make `preset`, as it is saved now, the live one. Activating what is live already
    changes nothing.

    `opened_at` is `updated_at` (ISO 8601) as the author saw it: raises PresetChanged when
    somebody saved the preset since. Raises PresetNotFound when somebody has deleted it.
    """
    with transaction.atomic():
        counter = _lock()
        fresh = ModelPreset.objects.filter(pk=preset.pk).first()
        if fresh is None:
            raise PresetNotFound(f"{preset.name} was deleted by somebody else.")
        _refuse_stale(fresh, opened_at)
        newest = latest()
        if newest and newest.preset_id == fresh.pk and _is_same(newest, fresh):
            return Outcome(newest, newest, changed=False)
        return _append(counter, newest, Action.ACTIVATE, fresh, author)


def deactivate(author: Author) -> Outcome:
    """Let no preset be live: every value comes from the rungs below."""
    with transaction.atomic():
        counter = _lock()
        newest = latest()
        if newest is None or newest.snapshot is None:
            return Outcome(newest, newest, changed=False)
        return _append(counter, newest, Action.DEACTIVATE, None, author)


def save_preset(
    preset: ModelPreset, author: Author, *, opened_at: str | None = None
) -> Outcome:
    """Save a validated preset; when it is live and its fields changed, that is a revision.

    `opened_at` is `updated_at` (ISO 8601) as the editor saw it: raises PresetChanged when
    somebody saved the preset since, and always when somebody has deleted it.
    """
    with transaction.atomic():
        counter = _lock()
        if preset.pk:
            _refuse_stale(_stored(preset), opened_at)
        preset.save()
        newest = latest()
        if newest and newest.preset_id == preset.pk and not _is_same(newest, preset):
            return _append(counter, newest, Action.EDIT, preset, author)
        _publish(counter)
        return Outcome(newest, newest, changed=False)


def delete_presets(presets: Iterable[ModelPreset]) -> None:
    """Delete presets; their history keeps its snapshots.

    Raises PresetIsLive, and deletes none, when one of them is live.
    """
    doomed = list(presets)
    with transaction.atomic():
        counter = _lock()
        live_id = live_preset_id()
        if is_live := next((p for p in doomed if p.pk == live_id), None):
            raise PresetIsLive(
                f"{is_live.name} is live and cannot be deleted. Activate another "
                "preset, or deactivate it, first."
            )
        ModelPreset.objects.filter(pk__in=[p.pk for p in doomed]).delete()
        _publish(counter)


def publish() -> None:
    """Tell every worker that something it holds in memory has changed, such as a key.

    Call it inside the transaction of that change.
    """
    _publish(_lock())


def _lock() -> ChangeCounter:
    """Take the one lock that orders all changes. SQLite's IMMEDIATE transactions hold
    theirs already; elsewhere the row is locked.

    Raises OperationalError when another change held it for too long; see `busy`.
    """
    if connection.vendor == "postgresql":
        # For this transaction alone, since PgBouncer knows no such option of a connection.
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
    counter, _ = ChangeCounter.objects.select_for_update().get_or_create(pk=1)
    return counter


def _publish(counter: ChangeCounter) -> None:
    ChangeCounter.objects.filter(pk=counter.pk).update(
        value=models.F("value") + 1, token=secrets.token_hex(16)
    )
    transaction.on_commit(live.changed.set)


def _append(
    counter: ChangeCounter,
    newest: Activation | None,
    action: Action,
    preset: ModelPreset | None,
    author: Author,
) -> Outcome:
    revision = newest.revision + 1 if newest else 1
    snapshot = preset.snapshot() if preset else None
    activation = Activation.objects.create(
        revision=revision,
        action=action,
        preset=preset,
        snapshot=asdict(snapshot) if snapshot else None,
        resolved=_resolved(snapshot, revision),
        by=author.user,
        by_name=author.name,
        reason=author.reason,
    )
    _publish(counter)
    return Outcome(activation, newest, changed=True)


def _resolved(snapshot: Snapshot | None, revision: int) -> dict[str, list[str]]:
    selection = resolve(snapshot, live.ladder(), revision=revision)
    return {name: [c.value, c.source] for name, c in selection.choices.items()}


def _is_same(activation: Activation, preset: ModelPreset) -> bool:
    return activation.as_snapshot() == preset.snapshot()


def _stored(preset: ModelPreset) -> ModelPreset:
    stored = ModelPreset.objects.filter(pk=preset.pk).first()
    if stored is None:
        raise PresetChanged(f"{preset.name} was deleted by somebody else.")
    return stored


def _refuse_stale(stored: ModelPreset, opened_at: str | None) -> None:
    if opened_at in (None, stored.updated_at.isoformat()):
        return
    raise PresetChanged(
        f"{stored.name} was changed by somebody else at {stored.updated_at:%H:%M:%S} UTC, "
        "after you opened this form. Open it again and repeat your change."
    )
