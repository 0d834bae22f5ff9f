"""Making, revoking and checking the keys that clients call with. On the request path a key
is looked up by its full SHA-256 in memory: random keys need no stretching."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from brains import activation, key_record, live
from brains.key_record import digest_of as digest_of
from gateway.limits.key_limits import LIMITS
from gateway.limits.values import LIMIT_FIELDS, NO_LIMITS, Limits, limits_from
from gateway.models import ApiKey

PREFIX = "aura_"
LENGTH_MIN, LENGTH_MAX = 16, 512
EDITABLE = ("name", "expires_at", *LIMIT_FIELDS)


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What the request path knows of a key; `expires_at` is a Unix time, or None."""

    id: int
    name: str
    expires_at: float | None
    limits: Limits | None = None
    """None when it has none at all: then nothing is counted."""


class KeyRing:
    """The valid keys by SHA-256, replaced whole; and when each was last used."""

    def __init__(self) -> None:
        self._keys: Mapping[str, KeyInfo] = {}
        self._used: dict[int, float] = {}

    @property
    def count(self) -> int:
        """How many keys are known."""
        return len(self._keys)

    def find(self, key: str) -> KeyInfo | None:
        """Return what is known of a valid key, else None."""
        if len(key) > LENGTH_MAX:
            return None
        info = self._keys.get(digest_of(key))
        if info is None:
            return None
        now = time.time()
        if info.expires_at is not None and info.expires_at <= now:
            return None
        self._used[info.id] = now
        return info

    def replace(self, keys: Mapping[str, KeyInfo]) -> None:
        """Make `keys` the valid ones."""
        self._keys = keys

    def take_used(self) -> dict[int, float]:
        """Return key id -> Unix time of its last use since the last call."""
        used, self._used = self._used, {}
        return used

    def give_back(self, used: Mapping[int, float]) -> None:
        """Keep what `take_used` gave and could not be written, for the next time."""
        self._used = {**used, **self._used}


RING = KeyRing()


class KeyPart:
    """The watcher's part that keeps this process's ring equal to the table of keys."""

    name = "keys"
    may_be_stale = False  # a key revoked since would come back to life

    def read(self) -> dict[str, Any]:
        rows = list(ApiKey.objects.filter(revoked_at__isnull=True))
        return {
            "keys": [
                [
                    row.sha256,
                    row.pk,
                    row.name,
                    row.expires_at and row.expires_at.timestamp(),
                ]
                for row in rows
            ],
            # Apart from the keys: so a version without limits reads this copy, and this
            # one the copy of a version without them.
            "limits": [
                [row.pk, row.limits.as_json()]
                for row in rows
                if row.limits != NO_LIMITS
            ],
        }

    def install(self, payload: dict[str, Any], loaded_from: live.LoadedFrom) -> None:
        limits = {pk: limits_from(its) for pk, its in payload.get("limits", [])}
        ring = {
            sha: KeyInfo(pk, name, expires, limits.get(pk))
            for sha, pk, name, expires in payload["keys"]
        }
        RING.replace(ring)
        LIMITS.follow(limits)

    def flush(self) -> None:
        used = RING.take_used()
        try:
            for pk, used_at in used.items():
                moment = datetime.fromtimestamp(used_at, UTC)
                is_older = Q(last_used_at__lt=moment) | Q(last_used_at=None)
                ApiKey.objects.filter(is_older, pk=pk).update(last_used_at=moment)
        except DatabaseError:
            RING.give_back(used)
            raise

    def close(self) -> None:
        self.flush()


def trust(key: str) -> None:
    """Take `key` as valid until keys are loaded: for a start with neither a database nor a
    copy on disk."""
    RING.replace({digest_of(key): KeyInfo(0, "AURA_API_KEY", None)})


def new_key() -> str:
    """Return a fresh random key of 256 bits."""
    return key_record.new_key(PREFIX)


def keep(row: ApiKey, key: str) -> ApiKey:
    """Save `row` as the record of `key`; every worker knows it within 300 ms."""
    row.stand_for(key)
    with transaction.atomic():
        activation.publish()
        row.save()
    return row


def save(row: ApiKey) -> None:
    """Save a change of a key's name, expiry or limits; every worker follows within 300 ms."""
    with transaction.atomic():
        activation.publish()
        row.save(update_fields=EDITABLE)


def revoke(row: ApiKey) -> None:
    """Make a key dead on every worker within 300 ms; its row stays as a record."""
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        with transaction.atomic():
            activation.publish()
            row.save(update_fields=["revoked_at"])


def info_of(pk: int) -> KeyInfo | None:
    """Return what the table knows of a key, valid or not: for what is done for it later."""
    row = ApiKey.objects.filter(pk=pk).first()
    if row is None:
        return None
    limits = row.limits if row.limits != NO_LIMITS else None
    return KeyInfo(row.pk, row.name, None, limits)
