"""The tables of this room: the keys that clients call with."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class ApiKey(models.Model):
    """A Bearer key of a client. The key itself is shown once and never kept."""

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
        ordering = ("name", "created_at")
        verbose_name = "API key"

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
