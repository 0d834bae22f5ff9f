"""The table of preferences: which of two replies, side by side, somebody preferred."""

from django.conf import settings
from django.db import models

from brains.models import ModelPreset


class Preference(models.Model):
    """One comparison and what somebody made of it. A name and the models stay as they were,
    whatever becomes of a preset; "" is no preset."""

    class Choice(models.TextChoices):
        LEFT = "left"
        RIGHT = "right"
        NEITHER = "neither"

    comparison = models.UUIDField(help_text="Made by the page; one vote each.")
    choice = models.CharField(max_length=7, choices=Choice)
    left = models.ForeignKey(
        ModelPreset, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    left_name = models.CharField(max_length=100, blank=True)
    left_revision = models.PositiveIntegerField()
    left_models = models.JSONField(help_text="What served it, by the layer's name.")
    right = models.ForeignKey(
        ModelPreset, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    right_name = models.CharField(max_length=100, blank=True)
    right_revision = models.PositiveIntegerField()
    right_models = models.JSONField(help_text="What served it, by the layer's name.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    by_name = models.CharField(max_length=150)
    created_at = models.DateTimeField("when", auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        default_permissions = ("view",)
        permissions = (("use_playground", "Can talk to the mind in the playground"),)
        constraints = (
            models.UniqueConstraint(
                fields=["by", "comparison"], name="one_vote_per_comparison"
            ),
        )

    def __str__(self) -> str:
        return f"{self.choice} of {self.left_name or '–'} and {self.right_name or '–'}"
