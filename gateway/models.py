"""The tables of this room: the keys that clients call with, and what each may use. The other
tables stand in modules of their own."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from gateway.background import models as background_models  # noqa: F401 - Django finds models here
from gateway.limits import models as limit_models  # noqa: F401 - Django finds models here
from gateway.limits.values import (
    Limits,
    layers_of,
    validate_layers,
    validate_per_minute,
    validate_usd,
)
from gateway.notices import models as notice_models  # noqa: F401 - Django finds models here
from gateway.records import models as call_models  # noqa: F401 - Django finds models here
from gateway.usage import models as usage_models  # noqa: F401 - Django finds models here


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

    requests_per_minute = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[validate_per_minute],
        help_text="In any 60 seconds, over all workers.",
    )
    tokens_per_minute = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[validate_per_minute],
        help_text="In and out together. They count once a call is over.",
    )
    usd_per_day = models.DecimalField(
        "USD per day",
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[validate_usd],
        help_text="From midnight to midnight UTC.",
    )
    usd_per_month = models.DecimalField(
        "USD per month",
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[validate_usd],
        help_text="Of the calendar, in UTC.",
    )
    # Names with commas between; the default stands in the database too, for workers of an
    # older version that know no such column.
    layers = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        validators=[validate_layers],
        help_text="The layers that it may ask for. None checked: all of them.",
    )

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

    @property
    def limits(self) -> Limits:
        """Return what it may use."""
        days, months = self.usd_per_day, self.usd_per_month
        return Limits(
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
            usd_per_day=None if days is None else float(days),
            usd_per_month=None if months is None else float(months),
            layers=layers_of(self.layers),
        )
