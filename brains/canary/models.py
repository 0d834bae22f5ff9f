"""The table of canaries. It is written by `rows` alone."""

from dataclasses import replace

from django.conf import settings
from django.db import models
from django.db.models import Q

from brains.layers import FIELDS
from brains.selection import Snapshot


class Canary(models.Model):
    """A share of the calls for a candidate preset, from its start to its end."""

    class End(models.TextChoices):
        PROMOTED = "promoted", "promoted"
        ABORTED = "aborted", "aborted"
        REPLACED = "replaced", "ended by another revision"

    preset = models.ForeignKey(
        "brains.ModelPreset", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    snapshot = models.JSONField(help_text="The candidate's name, slug and fields.")
    percent = models.DecimalField(max_digits=4, decimal_places=1)
    steps = models.JSONField(
        help_text="Which percentage since when, and by whom; the last one holds."
    )
    salt = models.CharField(max_length=32)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_by_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, blank=True)
    forced = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether it was started past the check of its models.",
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=150, blank=True)
    how = models.CharField(
        max_length=20, choices=End.choices, blank=True, help_text="Blank: it runs."
    )
    ended_with = models.PositiveIntegerField(
        null=True, help_text="The revision that ended it; none when it was aborted."
    )

    # The default stands in the database too, for workers of a version without this column.
    end_reason = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        ordering = ("-started_at",)
        verbose_name_plural = "canaries"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["how"], condition=Q(how=""), name="one_canary_runs_at_most"
            ),
        )

    def __str__(self) -> str:
        return f"canary of {self.preset_name}"

    @property
    def preset_name(self) -> str:
        """The candidate's name as it was at the start."""
        return str(self.snapshot["name"])

    def as_snapshot(self) -> Snapshot:
        """Return what is tried. A field that was not there yet at the start is blank."""
        known = Snapshot(**self.snapshot)
        return replace(known, values={**dict.fromkeys(FIELDS, ""), **known.values})
