"""How one revision follows the other: the lock that orders changes, the row that is
appended, and the count that tells every worker. What may follow what is decided in
`activation`, which alone writes here."""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from brains import live
from brains.canary import rows as canaries
from brains.canary.models import Canary
from brains.models import Activation, ChangeCounter, ModelPreset
from brains.selection import Snapshot, resolve

Action = Activation.Action

LOCK_TIMEOUT_MS = 10_000


@dataclass(frozen=True)
class Outcome:
    """What a change did: the live activation (None: never any), what it replaced, whether
    anything changed at all, and the canary that ended with it unpromoted, if one did."""

    activation: Activation | None
    replaced: Activation | None
    changed: bool
    ended_canary: Canary | None = None


@dataclass(frozen=True)
class Author:
    """Who makes a change and why. `user` is a Django user, or None for the command line."""

    name: str
    user: Any = None
    reason: str = ""


@dataclass
class Change:
    """What a new revision is to be."""

    action: Action
    preset: ModelPreset | None
    snapshot: Snapshot | None
    restores: int | None = None
    confirm_by: datetime | None = None
    returns_to: int | None = None
    forced: bool = False
    promotes: bool = False
    """Whether it is what a canary tried."""


def latest() -> Activation | None:
    """Return the activation with the highest revision: the live one."""
    return Activation.objects.order_by("-revision").first()


def lock() -> ChangeCounter:
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


def publish_change(counter: ChangeCounter) -> None:
    """Tell every worker, once this transaction is committed, that something changed."""
    ChangeCounter.objects.filter(pk=counter.pk).update(
        value=models.F("value") + 1, token=secrets.token_hex(16)
    )
    transaction.on_commit(live.changed.set)


def append(
    counter: ChangeCounter,
    newest: Activation | None,
    change: Change,
    author: Author,
) -> Outcome:
    """Append `change` as the revision after `newest`, and tell every worker. `counter` is
    what `lock` gave. A canary ends with it: what it was compared with is gone."""
    revision = newest.revision + 1 if newest else 1
    activation = Activation.objects.create(
        revision=revision,
        action=change.action,
        preset=change.preset,
        snapshot=asdict(change.snapshot) if change.snapshot else None,
        resolved=_resolved(change.snapshot, revision),
        by=author.user,
        by_name=author.name,
        reason=author.reason,
        forced=change.forced,
        restores=change.restores,
        confirm_by=change.confirm_by,
        returns_to=change.returns_to,
    )
    ended = None if change.action == Action.CONFIRM else canaries.running()
    if ended:
        how = Canary.End.PROMOTED if change.promotes else Canary.End.REPLACED
        canaries.end(ended, how, by=author.name, revision=revision)
    publish_change(counter)
    return Outcome(
        activation,
        newest,
        changed=True,
        ended_canary=None if change.promotes else ended,
    )


def _resolved(snapshot: Snapshot | None, revision: int) -> dict[str, list[str]]:
    selection = resolve(snapshot, live.ladder(), revision=revision)
    return {name: [c.value, c.source] for name, c in selection.choices.items()}
