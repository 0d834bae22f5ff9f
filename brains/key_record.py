"""What is kept of a key, whoever it is for: its SHA-256 and last four characters, never the
key. Random keys need no stretching."""

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone


def digest_of(key: str) -> str:
    """Return the SHA-256 (hex) by which a key is kept and found."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def new_key(prefix: str) -> str:
    """Return a fresh random key of 256 bits after `prefix`, which tells kinds apart."""
    return prefix + secrets.token_urlsafe(32)


class KeyRecord(models.Model):
    """The record of a key. The key itself is shown once and never kept."""

    name = models.CharField(
        max_length=100, help_text="Who or what uses it, such as web app."
    )
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(
        max_length=12,
        editable=False,
        help_text="Its last four characters, to tell keys apart.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL
    )
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Blank: it does not expire."
    )
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """Return "revoked", "expired" or "valid"."""
        if self.revoked_at:
            return "revoked"
        if self.expires_at and self.expires_at <= timezone.now():
            return "expired"
        return "valid"

    def stand_for(self, key: str) -> None:
        """Take down what is kept of `key`."""
        self.sha256, self.hint = digest_of(key), f"…{key[-4:]}"
