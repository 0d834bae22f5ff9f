"""The table of reflections. A row is the job as well as its result, so whichever engine runs
the task, what succeeded is never done twice and what was killed is taken up again."""

from django.db import models

from cognition.conversations.models import Turn


class Reflection(models.Model):
    """What L2 is to make, or made, of a turn."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed", "set aside"

    turn = models.OneToOneField(
        Turn, on_delete=models.CASCADE, related_name="reflection"
    )
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Until then somebody is at it, or it waits for its turn.",
    )
    reason = models.TextField(blank=True, help_text="Why the last attempt failed.")
    asked = models.TextField(blank=True, help_text="What was asked.")
    missed = models.TextField(blank=True, help_text="What the reply missed.")
    advice = models.TextField(blank=True, help_text="One line for the next turn.")
    remember = models.JSONField(default=list, help_text="What to remember, as texts.")
    stamp = models.JSONField(default=dict, help_text="What L2's call took.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        default_permissions = ("view",)
        permissions = (("retry_reflection", "Can let a reflection be tried again"),)
        indexes = (
            models.Index(fields=["state", "leased_until"], name="reflection_state"),
        )

    def __str__(self) -> str:
        return f"reflection on {self.turn_id}"
