"""The table by which workers share what keys with limits have used. It holds what the limits
are held against and nothing more: what was used is on record in the calls."""

from django.db import models


class KeyUsage(models.Model):
    """What one worker counted for one key in one window; the sum over all counts.

    Each writes its own rows and no other's, and always the whole: nobody waits for a lock,
    and what was written twice, since a commit went unanswered, counts once.
    """

    class Kind(models.TextChoices):
        """How long a window is. A minute is the sum of its last 60 seconds."""

        SECOND = "second"
        DAY = "day"
        MONTH = "month"

    key = models.ForeignKey(
        "gateway.ApiKey",
        on_delete=models.CASCADE,
        # A key that a restored backup lacks must not hold up what the others used.
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    kind = models.CharField(max_length=6, choices=Kind)
    begins_at = models.BigIntegerField(
        help_text="The Unix time at which it begins, in UTC."
    )
    writer = models.BigIntegerField(help_text="A number that each worker draws.")
    requests = models.PositiveBigIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=24, decimal_places=10, default=0)

    class Meta:
        ordering = ("key_id", "kind", "-begins_at")
        verbose_name = "usage of a key"
        verbose_name_plural = "usage of keys"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["key", "kind", "begins_at", "writer"],
                name="one_row_per_key_window_and_writer",
            ),
        )

    def __str__(self) -> str:
        return f"key {self.key_id}, {self.kind} from {self.begins_at}"
