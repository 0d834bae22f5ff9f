"""The tables of conversations and their turns."""

import uuid

from django.db import models


class Conversation(models.Model):
    """What one person and the mind said to each other."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.CharField(
        max_length=220, help_text="Whose it is, as `cognition.people` writes it."
    )
    created_at = models.DateTimeField("begun", auto_now_add=True)

    class Meta:
        ordering = ("-created_at",)
        default_permissions = ("view", "delete")
        permissions = (
            ("export_person", "Can export all that is kept of a person"),
            ("forget_person", "Can delete all that is kept of a person"),
        )
        indexes = (
            models.Index(fields=["person", "created_at"], name="conversation_person"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Turn(models.Model):
    """One message and what came of it. All its layers were served by one selection."""

    class Reaction(models.TextChoices):
        """What became of L1's part."""

        GIVEN = "given", "given in time"
        LATE = "late", "skipped, past its budget"
        FAILED = "failed", "failed"
        NONE = "none", "not asked for"

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="turns"
    )
    number = models.PositiveIntegerField(help_text="From 1, within its conversation.")
    message = models.TextField()
    instinct = models.TextField(blank=True)
    reply = models.TextField(blank=True)
    reaction = models.CharField(max_length=6, choices=Reaction, default=Reaction.NONE)
    key_id = models.PositiveBigIntegerField(
        default=0, help_text="The client's key; 0 for staff and the environment's."
    )
    key_name = models.CharField(max_length=100, blank=True)
    preset = models.CharField(max_length=100, blank=True)
    revision = models.PositiveIntegerField()
    selection = models.JSONField(
        help_text="What served it, as `cognition.kept_selection` writes it."
    )
    stamps = models.JSONField(
        default=dict, help_text="What each layer's call took, by the layer's name."
    )
    recalled = models.JSONField(
        default=list, help_text="The memories that it was given, with similarity."
    )
    insights = models.JSONField(
        default=list, help_text="What L2 had left for it, and from which turn."
    )
    notes = models.JSONField(
        default=list, help_text="What was left out or failed, as sentences."
    )
    prompts = models.JSONField(
        default=dict, help_text="The version of each prompt that was used."
    )
    created_at = models.DateTimeField("when", auto_now_add=True)

    class Meta:
        ordering = ("conversation", "number")
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=["conversation", "number"], name="one_turn_per_number"
            ),
        )

    def __str__(self) -> str:
        return f"turn {self.number}"
