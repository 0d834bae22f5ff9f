"""The table of checks. It is kept for a day, so that a check that was just made is not made
again, and so that its progress is seen by every worker."""

from django.db import models


class Preflight(models.Model):
    """One check of the models of a selection, written while it goes on."""

    digest = models.CharField(max_length=64, help_text="SHA-256 of what is asked whom.")
    findings = models.JSONField(help_text="What was found, one per layer.")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        default_permissions = ()

    def __str__(self) -> str:
        return f"check {self.pk}"
