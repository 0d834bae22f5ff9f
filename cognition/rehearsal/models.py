"""The tables of rehearsals. Each exchange of one is a row with its state, so whoever goes on
after a killed worker asks only what has no answer yet."""

from django.conf import settings
from django.db import models

from brains.models import ModelPreset
from gateway.kept.models import KeptExchange


class Rehearsal(models.Model):
    """Some kept exchanges through one preset, within a cap."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        CAPPED = "capped", "stopped at its cap"
        STOPPED = "stopped", "stopped by a person"

    preset = models.ForeignKey(
        ModelPreset, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    preset_name = models.CharField("preset", max_length=100)
    selection = models.JSONField(
        help_text="What answers, as `cognition.kept_selection` writes it."
    )
    layer = models.CharField(
        max_length=20, blank=True, help_text="Of which layer; blank for all."
    )
    cap_usd = models.FloatField("cap in USD")
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    leased_until = models.DateTimeField(
        help_text="Until then somebody is at it; after that it is anybody's."
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    by_name = models.CharField("by", max_length=150)
    created_at = models.DateTimeField("begun", auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)
        default_permissions = ()
        indexes = (
            models.Index(fields=["state", "leased_until"], name="rehearsal_due"),
        )

    def __str__(self) -> str:
        return f"rehearsal {self.pk} of {self.preset_name}"


class RehearsedExchange(models.Model):
    """One exchange of a rehearsal. It goes with the kept exchange that it is about."""

    class State(models.TextChoices):
        WAITING = "waiting"
        ANSWERED = "answered"
        FAILED = "failed"

    rehearsal = models.ForeignKey(
        Rehearsal, on_delete=models.CASCADE, related_name="exchanges"
    )
    exchange = models.ForeignKey(
        KeptExchange, on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often somebody began to ask."
    )
    expected_usd = models.FloatField(null=True, help_text="None: no price is known.")
    model = models.CharField(max_length=200, blank=True, help_text="Which answered.")
    fallback = models.CharField(max_length=100, blank=True)
    error = models.CharField(max_length=100, blank=True, help_text="The error's code.")
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    cost_usd = models.FloatField(null=True)
    first_chunk_s = models.FloatField(null=True)
    duration_s = models.FloatField(null=True)
    sealed = models.BinaryField(
        null=True, help_text="The reply, or why there is none, encrypted."
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["rehearsal", "exchange"], name="each_exchange_once"
            ),
        )

    def __str__(self) -> str:
        return f"exchange {self.exchange_id} in rehearsal {self.rehearsal_id}"
