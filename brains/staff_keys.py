"""The keys of scripts and CI, which open `/api/` and nothing else. One acts as the person
who made it: it may what its scopes say, as long as that person may it too."""

from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from brains.key_record import KeyRecord, digest_of, new_key
from brains.values import shown

PREFIX = "aura_staff_"
LENGTH_MAX = 512
USED_EVERY = timedelta(minutes=1)
"""How exactly the last use is known: a row is not written for every request."""


class Scope(models.TextChoices):
    """What a key may be used for."""

    READ = "read", "read: presets, history, what serves; what an import would change"
    EDIT = "edit", "edit: presets, one at a time or as a file"
    PROBE = "probe", "probe: ask the models of a preset, which costs a little"
    ACTIVATE = "activate", "activate: change what is live, now or by schedule"
    FORCE = "force", "force: go past the check of models; with activate"
    USERS = "users", "users: export and delete what the users of conversations said"


def scopes_text(scopes: Iterable[str]) -> str:
    """Return scopes as they are kept: each once, in their order, with commas between."""
    chosen = set(scopes)
    return ",".join(scope for scope in Scope.values if scope in chosen)


def scopes_typed(text: str) -> str:
    """Return scopes as they are kept, from names with commas between.

    Raises ValidationError with one sentence.
    """
    names = {name.strip().lower() for name in text.split(",")}
    if not names <= set(Scope.values):
        raise ValidationError(
            f"{shown(text)} names no scopes: give some of {', '.join(Scope.values)}, "
            "with commas between."
        )
    return scopes_text(names)


def validate_scopes(text: str) -> None:
    """Raise ValidationError with a sentence when `text` names no scopes."""
    scopes_typed(text)


class StaffKey(KeyRecord):
    """A Bearer key for `/api/`."""

    scopes = models.CharField(
        max_length=40,
        validators=[validate_scopes],
        help_text="What it may be used for, as far as its creator may do that too.",
    )

    class Meta:
        ordering = ("name", "created_at")
        verbose_name = "staff key"

    @property
    def state(self) -> str:
        """Return "revoked", "expired", "creator inactive" or "valid"."""
        state = super().state
        user = self.created_by
        is_served = user is not None and user.is_active and user.is_staff
        return state if state != "valid" or is_served else "creator inactive"

    def has_scope(self, scope: str) -> bool:
        """Say whether it may be used for that."""
        return scope in self.scopes.split(",")


def make(row: StaffKey) -> str:
    """Save `row` as the record of a new key, and return the key: it is nowhere else."""
    key = new_key(PREFIX)
    row.stand_for(key)
    row.save()
    return key


def find(key: str) -> StaffKey | None:
    """Return the record of a valid key, else None; note that it was used."""
    if len(key) > LENGTH_MAX:
        return None
    rows = StaffKey.objects.select_related("created_by")
    row = rows.filter(sha256=digest_of(key)).first()
    if row is None or row.state != "valid":
        return None
    now = timezone.now()
    if row.last_used_at is None or row.last_used_at < now - USED_EVERY:
        StaffKey.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def save(row: StaffKey) -> None:
    """Save a change of a key's name or expiry. Its scopes stay: whoever changed them would
    act in the name of its creator."""
    row.save(update_fields=["name", "expires_at"])


def revoke(row: StaffKey) -> None:
    """Make a key dead at once; its row stays as a record."""
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
