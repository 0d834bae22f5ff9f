"""The tables of this room: presets, the history of what was effective, and the workers; that
of canaries has a module of its own. What is effective is written in `brains/activation.py`
only."""

from dataclasses import replace
from typing import NoReturn

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from brains import staff_keys  # noqa: F401 - Django finds models here
from brains.canary import models as canary_models  # noqa: F401 - Django finds models here
from brains.catalogue import models as catalogue_models  # noqa: F401 - Django finds models here
from brains.layers import FIELDS
from brains.names import (
    NAME_LENGTH,
    SKELETON_LENGTH,
    free_slug,
    look_alike,
    name_problem,
    skeleton,
)
from brains.preflight import models as preflight_models  # noqa: F401 - Django finds models here
from brains.schedules.models import Schedule
from brains.selection import Snapshot
from brains.values import (
    FALLBACKS_LENGTH,
    MODEL_ID_LENGTH,
    dimension_problem,
    fallbacks_problem,
    model_id_problem,
)

__all__ = ["Activation", "ChangeCounter", "ModelPreset", "Schedule", "Worker"]


def validate_name(name: str) -> None:
    """Raise ValidationError with a sentence when `name` cannot name a preset."""
    if problem := name_problem(name):
        raise ValidationError(problem)


def validate_model_id(text: str) -> None:
    """Raise ValidationError with a sentence when `text` cannot be a model id."""
    if problem := model_id_problem(text):
        raise ValidationError(problem)


def validate_fallbacks(text: str) -> None:
    """Raise ValidationError with a sentence when `text` cannot name fallbacks."""
    if problem := fallbacks_problem(text):
        raise ValidationError(problem)


def validate_dimension(number: int) -> None:
    """Raise ValidationError with a sentence when `number` cannot be a dimension."""
    if problem := dimension_problem(str(number)):
        raise ValidationError(problem)


def _fallback_field(name: str) -> "models.CharField[str, str]":
    # With a default in the database: a worker of the version before, still there during a
    # deploy, does not know the column and writes rows without it.
    return models.CharField(
        name,
        max_length=FALLBACKS_LENGTH,
        blank=True,
        default="",
        db_default="",
        validators=[validate_fallbacks],
    )


class ModelPreset(models.Model):
    """A named row of model choices. Each field that is blank inherits the next rung."""

    name = models.CharField(
        max_length=NAME_LENGTH,
        validators=[validate_name],
        help_text="What people call it, such as Budget. Names that look alike are refused.",
    )
    name_skeleton = models.CharField(max_length=SKELETON_LENGTH, editable=False)
    slug = models.SlugField(
        max_length=NAME_LENGTH,
        unique=True,
        blank=True,
        help_text="Clients ask for aura/l3@slug to use this preset without activating it. "
        "Blank: made from the name.",
    )
    description = models.TextField(
        blank=True, max_length=2000, help_text="What it is for."
    )
    l1_model = models.CharField(
        "L1 model",
        max_length=MODEL_ID_LENGTH,
        blank=True,
        validators=[validate_model_id],
    )
    l1_fallback = _fallback_field("L1 fallback")
    l2_model = models.CharField(
        "L2 model",
        max_length=MODEL_ID_LENGTH,
        blank=True,
        validators=[validate_model_id],
    )
    l2_fallback = _fallback_field("L2 fallback")
    l3_model = models.CharField(
        "L3 model",
        max_length=MODEL_ID_LENGTH,
        blank=True,
        validators=[validate_model_id],
    )
    l3_fallback = _fallback_field("L3 fallback")
    embedding_model = models.CharField(
        max_length=MODEL_ID_LENGTH, blank=True, validators=[validate_model_id]
    )
    embedding_dimension = models.PositiveIntegerField(
        null=True, blank=True, validators=[validate_dimension]
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        verbose_name = "preset"
        permissions = (
            ("activate_modelpreset", "Can change which preset is live"),
            ("confirm_modelpreset", "Can confirm what is live on trial"),
            ("roll_back_modelpreset", "Can go back to an earlier revision"),
            ("force_modelpreset", "Can activate although the check failed"),
            ("probe_modelpreset", "Can ask the models of a preset a question"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["name_skeleton"],
                name="preset_name_looks_unique",
                violation_error_message="A preset with a name that looks like this exists.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Save with the skeleton and slug that follow from the name."""
        self._fill()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def clean(self) -> None:
        """Fill what follows from the name; refuse a name that looks like another's."""
        if name_problem(self.name or ""):
            return  # said by the field; such a name may break a query
        self._fill()
        for other in ModelPreset.objects.exclude(pk=self.pk):
            if look_alike(self.name, other.name):
                raise ValidationError({"name": f"This name looks like {other.name}."})

    def snapshot(self) -> Snapshot:
        """Return the fields as text, as an activation keeps them."""
        values = {name: str(getattr(self, name) or "").strip() for name in FIELDS}
        return Snapshot(name=self.name, slug=self.slug, values=values)

    def _fill(self) -> None:
        self.name = self.name.strip()
        self.name_skeleton = skeleton(self.name)
        self.slug = self.slug.lower() or self._free_slug()

    def _free_slug(self) -> str:
        others = ModelPreset.objects.exclude(pk=self.pk)
        return free_slug(self.name, set(others.values_list("slug", flat=True)))


class Activation(models.Model):
    """One change of what is effective. Append-only: the highest revision is live."""

    class Action(models.TextChoices):
        ACTIVATE = "activate", "activated"
        DEACTIVATE = "deactivate", "deactivated"
        EDIT = "edit", "edited"
        ROLL_BACK = "roll_back", "rolled back to"
        CONFIRM = "confirm", "confirmed"
        AUTO_REVERT = "auto_revert", "went back to"

    revision = models.PositiveIntegerField(unique=True)
    action = models.CharField(max_length=20, choices=Action.choices)
    preset = models.ForeignKey(
        ModelPreset, null=True, on_delete=models.SET_NULL, related_name="activations"
    )
    snapshot = models.JSONField(
        null=True, help_text="The preset's name, slug and fields; null when none."
    )
    resolved = models.JSONField(
        help_text="Field -> [value, source] where it was written."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, blank=True)
    forced = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether it was activated past the check of its models.",
    )
    restores = models.PositiveIntegerField(
        null=True, help_text="The revision that it went back to."
    )
    confirm_by = models.DateTimeField(
        null=True, help_text="When it ends by itself, unless somebody confirms it."
    )
    returns_to = models.PositiveIntegerField(
        null=True, help_text="The revision that comes back when nobody confirms it."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-revision",)
        verbose_name_plural = "history"

    def __str__(self) -> str:
        return f"revision {self.revision}"

    def save(self, *args: object, **kwargs: object) -> None:
        """Insert the row; history is never changed afterwards."""
        if not self._state.adding:
            raise TypeError("An activation is history: append a new one instead.")
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse: a revision that was given is never given again."""
        raise TypeError("An activation is history: it is not deleted.")

    @property
    def is_on_trial(self) -> bool:
        """Whether it ends by itself unless somebody confirms it."""
        return self.confirm_by is not None

    @property
    def preset_name(self) -> str | None:
        """The preset's name at that moment; None when no preset was active."""
        return self.snapshot["name"] if self.snapshot else None

    def is_of(self, preset: ModelPreset) -> bool:
        """Say whether it has this preset exactly as it is saved now."""
        is_its = self.preset_id == preset.pk
        return is_its and self.as_snapshot() == preset.snapshot()

    def as_snapshot(self) -> Snapshot | None:
        """Return what was activated; None when no preset was active. A field that was
        not there yet at that time is blank."""
        if not self.snapshot:
            return None
        known = Snapshot(**self.snapshot)
        return replace(known, values={**dict.fromkeys(FIELDS, ""), **known.values})


class ChangeCounter(models.Model):
    """One row whose value goes up in the transaction of every change that workers must
    see. They read it every 200 ms; writers lock it, so changes have one order. The token
    is random, so that a database restored from a backup is seen as another one."""

    value = models.PositiveBigIntegerField(default=0)
    token = models.CharField(max_length=32, default="", editable=False)

    def __str__(self) -> str:
        return f"change {self.value}"


class Worker(models.Model):
    """A worker process as it last described itself."""

    node = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    revision = models.PositiveIntegerField()
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of its whole selection."
    )
    switched_at = models.DateTimeField(help_text="When it took its revision.")

    class Meta:
        ordering = ("node", "pid")
        constraints = (
            models.UniqueConstraint(fields=["node", "pid"], name="one_row_per_worker"),
        )

    def __str__(self) -> str:
        return f"{self.node}:{self.pid}"
