"""The tables of re-embedding: its plans, and the spaces that are kept filled beside what they
are about."""

from django.conf import settings
from django.db import models

from brains.models import ModelPreset
from brains.space import Space


class Filling(models.Model):
    """A space that is being filled: how its provider does, which memories it refuses, and
    which process is at it. A process that dies lets go when its lease ends."""

    model = models.CharField(max_length=200)
    dimension = models.PositiveIntegerField()
    refused = models.JSONField(
        default=list, help_text="The ids of memories that its provider takes in no way."
    )
    error = models.TextField(blank=True, help_text="What failed last.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    leased_by = models.CharField(max_length=100, blank=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def space(self) -> Space:
        """What is filled."""
        return Space(self.model, self.dimension)


class ReEmbedding(Filling):
    """A plan: to fill the space of a preset and then to activate it, or, without a preset,
    to fill the space that is effective."""

    class State(models.TextChoices):
        """What has become of it."""

        RUNNING = "running", "running"
        PAUSED = "paused", "paused"
        SWITCHING = "switching", "switching"
        DONE = "done", "done"
        FAILED = "failed", "stopped"
        CANCELLED = "cancelled", "cancelled"

    OPEN = (State.RUNNING, State.PAUSED, State.SWITCHING)

    preset = models.ForeignKey(ModelPreset, null=True, on_delete=models.SET_NULL)
    snapshot = models.JSONField(
        null=True, help_text="The preset as it was when this began."
    )
    from_model = models.CharField(max_length=200)
    from_dimension = models.PositiveIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL
    )
    by_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.RUNNING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    cost_usd = models.FloatField(null=True, help_text="As far as prices are known.")
    began_at = models.DateTimeField("begun", auto_now_add=True)
    ended_at = models.DateTimeField("ended", null=True)
    paced_since = models.DateTimeField(
        null=True, help_text="Since when its pace is measured."
    )
    paced_from = models.PositiveIntegerField(
        default=0, help_text="How much was done by then."
    )
    outcome = models.TextField(blank=True, help_text="How it ended.")
    revision = models.PositiveIntegerField(null=True, help_text="Which it made live.")

    class Meta:
        ordering = ("-pk",)
        verbose_name = "re-embedding"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.name or 'What is live'}: {self.space}"

    @property
    def name(self) -> str:
        """The name of the preset that is activated at the end; "" for none."""
        return str(self.snapshot["name"]) if self.snapshot else ""

    @property
    def from_space(self) -> Space:
        """What was effective when it began."""
        return Space(self.from_model, self.from_dimension)

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.state in self.OPEN


class KeptSpace(Filling):
    """A space that is or was effective. New memories get their vector in it too, until its
    grace time is over; then its vectors go."""

    until = models.DateTimeField(
        null=True, help_text="The end of its grace time; none while it is effective."
    )
    is_whole = models.BooleanField(
        default=False, help_text="Whether every memory had its vector once."
    )
    checked_to = models.PositiveBigIntegerField(
        default=0, help_text="No memory up to this id lacks its vector."
    )

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["model", "dimension"], name="one_row_per_space"
            ),
        )

    def __str__(self) -> str:
        return str(self.space)
