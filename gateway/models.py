"""The tables of this room: the keys that clients call with, and what each may use. The other
tables stand in modules of their own."""

from django.db import models

from brains.key_record import KeyRecord
from gateway.background import models as background_models  # noqa: F401 - Django finds models here
from gateway.kept import models as kept_models  # noqa: F401 - Django finds models here
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


class ApiKey(KeyRecord):
    """A Bearer key of a client."""

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
