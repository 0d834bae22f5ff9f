"""The form of the preset that is live: it is saved once the models that it names have answered,
or past that check by who may, with a reason."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from brains import activation
from brains.admin.forms import REASON_LENGTH, PresetForm
from brains.models import ModelPreset
from brains.preflight import gate
from brains.selection import Selection

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

PAST: tuple[str, dict[str, Any]] = (
    "Past the check",
    {
        "fields": ("force", "edit_reason"),
        "description": "This preset is live: its models are asked before a change of them "
        "is saved, which takes some seconds.",
    },
)


class GatedForm(PresetForm):
    """A live preset whose models must have answered just now."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        candidate = None if self.errors else gate.to_ask(self.instance.snapshot())
        if candidate is None:
            self.cleaned_data["force"] = False  # there is nothing to go past
        elif not self.cleaned_data.get("force"):
            report = gate.newest(candidate)
            reasons = report.refusals if report else ["Its models were not asked yet."]
            if not (report and report.has_passed):
                self.add_error(None, " ".join(["Nothing was saved.", *reasons]))


class ForceableForm(GatedForm):
    """The same for who may go past the check."""

    force = forms.BooleanField(
        label="Save anyway",
        required=False,
        help_text="Past the check of its models; the history says so.",
    )
    edit_reason = forms.CharField(
        label="Why",
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Kept in the history. To save anyway needs it.",
    )

    def clean(self) -> dict[str, Any]:
        """Want a reason from who goes past the check."""
        data = super().clean()
        if data.get("force") and not data.get("edit_reason"):
            sentence = "Write why it is saved past the check of its models."
            self.add_error("edit_reason", ValidationError(sentence))
        return data


def is_gated(preset: ModelPreset | None) -> bool:
    """Say whether a change of this preset goes through the check of its models."""
    if preset is None or not settings.AURA_PREFLIGHT:
        return False
    return preset.pk == activation.live_preset_id()


def to_ask(
    admin: "ModelAdmin[ModelPreset]", request: HttpRequest, object_id: str
) -> Selection | None:
    """Return the selection that a sent form gives the live preset, when its models are to
    answer before that is saved. None where it is forced, or cannot be saved anyway."""
    preset = admin.get_object(request, object_id)
    if not preset or not is_gated(preset) or request.POST.get("force"):
        return None
    fields = flatten_fieldsets(admin.fieldsets or ())
    form = admin.get_form(request, preset, change=True, form=PresetForm, fields=fields)
    sent = form(request.POST, instance=preset)
    if not admin.has_change_permission(request, preset) or not sent.is_valid():
        return None
    return gate.to_ask(sent.instance.snapshot())


def ask_first(
    admin: "ModelAdmin[ModelPreset]", request: HttpRequest, object_id: str
) -> None:
    """Ask the models that a sent form gives the live preset, before it is saved under a lock:
    that takes seconds. Not where they passed just now. What they say is kept, for
    `GatedForm` to read."""
    candidate = to_ask(admin, request, object_id)
    known = gate.newest(candidate) if candidate else None
    if candidate and not (known and known.has_passed):
        gate.run(candidate)
