"""The tables of usage: calls rolled up by the hour and by the day, kept for good, and how far
that has come."""

from django.db import models


class Usage(models.Model):
    """The calls of a step of time with key, layer, model, provider and preset in common."""

    begin = models.DateTimeField(help_text="Where the step begins, in UTC.")
    # No foreign key: what was used stays on record, whatever becomes of the key.
    key_id = models.PositiveBigIntegerField()
    key_name = models.CharField(max_length=100)
    layer = models.CharField(max_length=20)
    model = models.CharField(max_length=200)
    provider = models.CharField(max_length=100)
    preset = models.CharField(max_length=100)

    calls = models.PositiveIntegerField()
    errors = models.PositiveIntegerField(
        help_text="A client that hung up is not counted as one."
    )
    fallbacks = models.PositiveIntegerField()
    input_tokens = models.PositiveBigIntegerField()
    output_tokens = models.PositiveBigIntegerField()
    cost_usd = models.DecimalField(
        max_digits=24, decimal_places=10, help_text="The sum of what is known."
    )
    cost_unknown = models.PositiveIntegerField(
        help_text="Calls that were answered at a cost nobody told."
    )
    duration_s = models.FloatField(help_text="The sum over all calls.")
    over_budget = models.PositiveIntegerField(
        help_text="First chunks that came later than the layer promises."
    )
    # How many first chunks took how long: `first_chunk.BUCKETS`.
    first_100ms = models.PositiveIntegerField()
    first_200ms = models.PositiveIntegerField()
    first_300ms = models.PositiveIntegerField()
    first_400ms = models.PositiveIntegerField()
    first_500ms = models.PositiveIntegerField()
    first_750ms = models.PositiveIntegerField()
    first_1s = models.PositiveIntegerField()
    first_1500ms = models.PositiveIntegerField()
    first_2s = models.PositiveIntegerField()
    first_3s = models.PositiveIntegerField()
    first_5s = models.PositiveIntegerField()
    first_10s = models.PositiveIntegerField()
    first_30s = models.PositiveIntegerField()
    first_later = models.PositiveIntegerField()

    class Meta:
        abstract = True
        ordering = ("-begin",)
        constraints = (
            models.UniqueConstraint(
                fields=["begin", "key_id", "layer", "model", "provider", "preset"],
                name="%(class)s_has_one_row_per_group",
            ),
        )

    def __str__(self) -> str:
        return f"{self.begin:%Y-%m-%d %H:%M} {self.layer} {self.model}"


class HourlyUsage(Usage):
    """The calls of an hour."""

    class Meta(Usage.Meta):
        verbose_name = "usage"
        verbose_name_plural = "usage"
        default_permissions = ("view",)


class DailyUsage(Usage):
    """The calls of a day: the same sums once more, so that a month is as quick to read."""

    class Meta(Usage.Meta):
        default_permissions = ()


class RollUpMark(models.Model):
    """One row: every call up to this id is in the hourly rows, and no other is."""

    call_id = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField(
        null=True, help_text="When it was last brought up to date."
    )

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"rolled up to call {self.call_id}"
