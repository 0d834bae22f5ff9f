"""The table of kept exchanges: what a client asked and what it was answered, sealed, beside
the figures of the call, which are as those of the table of calls."""

from django.db import models


class KeptExchange(models.Model):
    """One chat that went well. Its texts open only with the key in the data folder."""

    call_id = models.CharField("call id", max_length=64)
    kept_at = models.DateTimeField("when", db_index=True)
    layer = models.CharField(max_length=20)
    model = models.CharField(max_length=200)
    preset = models.CharField(max_length=100, blank=True)
    revision = models.PositiveIntegerField()
    is_streamed = models.BooleanField()
    is_cut = models.BooleanField(
        "cut", help_text="It was too long to be kept whole, and is not rehearsed."
    )
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    cost_usd = models.FloatField("cost in USD", null=True)
    first_chunk_s = models.FloatField(null=True)
    duration_s = models.FloatField()
    seal_mark = models.CharField(max_length=16, help_text="Which key sealed it.")
    sealed = models.BinaryField(help_text="Its texts, encrypted.")

    class Meta:
        ordering = ("-kept_at", "-id")
        verbose_name = "kept exchange"
        default_permissions = ("view", "delete")
        permissions = (
            ("rehearse_keptexchange", "Can run kept exchanges through a preset"),
        )

    def __str__(self) -> str:
        return self.call_id
