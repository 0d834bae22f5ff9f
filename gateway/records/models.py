"""The table of calls: one row per request with a valid key, without prompt or answer. Fields
are named as in `finished.FinishedCall`."""

from django.db import models
from django.db.models import Q


class CallRecord(models.Model):
    """One request that is over. Unknown is null (or "" for text), never zero."""

    call_id = models.CharField(
        "call id",
        max_length=64,
        help_text="As the client was told in X-Request-Id.",
    )
    began_at = models.DateTimeField("when")
    # No constraint, so no look at the table of keys per row: keys are never deleted, and a
    # call on record must not be lost for a key that a restored backup does not have yet.
    key = models.ForeignKey(
        "gateway.ApiKey",
        null=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="None for the key that the environment gives.",
    )
    key_name = models.CharField(max_length=100)
    operation = models.CharField(max_length=20)
    layer = models.CharField(max_length=20)
    asked = models.CharField("asked for", max_length=200)
    model = models.CharField(max_length=200)
    provider = models.CharField(max_length=100)
    preset = models.CharField(max_length=100)
    revision = models.PositiveIntegerField()
    source = models.CharField(max_length=20)
    status = models.PositiveSmallIntegerField()
    error = models.CharField(max_length=100)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    cost_usd = models.DecimalField(
        "cost in USD", max_digits=18, decimal_places=10, null=True
    )
    cost_source = models.CharField(
        max_length=20,
        help_text='"provider": it said so. "prices": by the price table.',
    )
    first_chunk_s = models.FloatField(null=True)
    duration_s = models.FloatField()
    overhead_s = models.FloatField(help_text="Of the duration, what Aura itself took.")
    is_streamed = models.BooleanField()
    fallback = models.CharField(max_length=100)
    attempts = models.PositiveSmallIntegerField()
    # The default stands in the database too, for workers of a version that knows no canary.
    canary = models.CharField(
        max_length=9,
        blank=True,
        default="",
        db_default="",
        help_text="control, candidate, or blank when no canary had a part.",
    )
    abilities = models.CharField(
        max_length=8,
        blank=True,
        default="",
        db_default="",
        help_text="t for tools, j for a JSON schema, v for images.",
    )

    class Meta:
        ordering = ("-began_at", "-id")
        verbose_name = "call"
        default_permissions = ("view",)
        # Not `unique=True`: on PostgreSQL that makes a second index, for LIKE.
        constraints = (
            models.UniqueConstraint(fields=["call_id"], name="one_row_per_call"),
        )
        indexes = (
            models.Index(fields=["began_at"], name="call_began_at"),
            models.Index(fields=["key", "began_at"], name="call_key_began_at"),
            models.Index(fields=["layer", "began_at"], name="call_layer_began_at"),
            models.Index(
                fields=["began_at"], condition=~Q(error=""), name="call_with_error"
            ),
            models.Index(
                fields=["began_at", "layer", "abilities"],
                condition=~Q(abilities=""),
                name="call_with_abilities",
            ),
        )

    def __str__(self) -> str:
        return self.call_id
