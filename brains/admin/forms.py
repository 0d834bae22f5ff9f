"""The forms of the admin: a preset, and the question before a change of what is live."""

from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString

from brains import activation, embedding_lock
from brains.admin.catalogue_hints import warnings_beside
from brains.admin.embedding_links import link_of, with_link
from brains.admin.inheritance import EMBEDDING_FIELDS, inherited, refusals
from brains.catalogue.catalogue import Catalogue, load
from brains.layers import (
    DIMENSION,
    EMBEDDING,
    FALLBACK_FIELDS,
    FIELDS,
    SETTABLE,
    Value,
)
from brains.models import Activation, ModelPreset
from brains.values import (
    DIMENSION_MAX,
    FALLBACKS_LENGTH,
    MODEL_ID_LENGTH,
    NO_FALLBACKS,
    dimension_problem,
    fallbacks_problem,
    kept_fallbacks,
)
from brains.wording import exact, in_turn

CHAT_LIST, EMBEDDING_LIST = "chat-model-ids", "embedding-model-ids"
EMBEDDING_LOCKED = (EMBEDDING.model.field, DIMENSION.field)
TRIAL_MINUTES = (5, 15, 60)
REASON_LENGTH = Activation._meta.get_field("reason").max_length


class DimensionField(forms.IntegerField):
    """A whole number in range. Text, not type=number: a browser sends a bad number as
    nothing, and nothing means inherit."""

    widget = forms.TextInput

    def clean(self, value: Any) -> int | None:
        """Return the number; None for blank. Raises ValidationError with one sentence."""
        try:
            number: int | None = super().clean(value)
        except ValidationError as error:
            raise ValidationError(dimension_problem(str(value).strip())) from error
        return number


class FallbacksField(forms.CharField):
    """A comma-separated list of model ids, or none; kept in the one way it can be written."""

    def clean(self, value: Any) -> str:
        """Return the list; "" for blank. Raises ValidationError with one sentence."""
        text = str(super().clean(value))
        if text and (problem := fallbacks_problem(text)):
            raise ValidationError(problem)
        return kept_fallbacks(text)


class PresetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A preset. Each blank field shows the value that it would inherit, and from where."""

    request: HttpRequest | None = None
    """Who fills it in, where that is known."""
    opened_at = forms.CharField(required=False, widget=forms.HiddenInput)
    l1_fallback = FallbacksField(label="L1 fallback", required=False)
    l2_fallback = FallbacksField(label="L2 fallback", required=False)
    l3_fallback = FallbacksField(label="L3 fallback", required=False)
    embedding_dimension = DimensionField(
        required=False, min_value=1, max_value=DIMENSION_MAX
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["opened_at"].initial = self.instance.updated_at.isoformat()
        if "description" in self.fields:
            self.fields["description"].widget.attrs["rows"] = 3
        catalogue = load()
        for value in SETTABLE:
            if value.field in self.fields:
                _explain(self.fields[value.field], value)
                self._warn(catalogue, value.field)
        if settings.AURA_EMBEDDING_LOCK and self._is_live():
            for name in EMBEDDING_LOCKED:
                if name in self.fields:
                    self.fields[name].help_text += _LOCKED_HELP

    def _warn(self, catalogue: Catalogue, name: str) -> None:
        """Say beside a field what the catalogue says against the models in it."""
        field = self.fields[name]
        initial = self.get_initial_for_field(field, name)
        # Not by way of `self[name]`, which would keep the help text as it was before.
        text = self.data.get(self.add_prefix(name)) if self.is_bound else initial
        warnings = _as_lines(warnings_beside(catalogue, name, str(text or "")))
        field.help_text = warnings + SafeString(field.help_text)

    def clean_slug(self) -> str:
        """Return the slug as it is kept, so that a twin in capitals is found here."""
        return str(self.cleaned_data["slug"]).lower()

    def clean(self) -> dict[str, Any]:
        """Refuse the form when somebody saved the preset after it was opened."""
        data = super().clean() or {}
        opened_at, preset = data.get("opened_at"), self.instance
        if preset.pk and opened_at and opened_at != preset.updated_at.isoformat():
            self.add_error(None, _changed_meanwhile(preset))
        if preset.pk and not self.errors:
            self._refuse_what_is_locked(data)
        return data

    def _is_live(self) -> bool:
        return bool(self.instance.pk) and (
            activation.live_preset_id() == self.instance.pk
        )

    def _refuse_what_is_locked(self, data: dict[str, Any]) -> None:
        newest = activation.latest()
        if newest is None or not self._is_live():
            return
        before, after = newest.as_snapshot(), self.instance.snapshot()
        given = {f: str(data[f] or "") for f in FIELDS if f in data}
        after = replace(after, values={**after.values, **given})
        if refused := embedding_lock.refusal(before, after):
            field = embedding_lock.changed_fields(before, after)[0]
            link = link_of(self.request, refused, after) if self.request else None
            self.add_error(field, with_link(str(refused), link))


class ConfirmForm(forms.Form):
    """The question before a change of what is live: why, and what the person saw."""

    reason = forms.CharField(
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(
            attrs={"rows": 2, "cols": 60, "class": "vLargeTextField"}
        ),
        help_text="Optional. It is kept in the history.",
    )
    force = forms.BooleanField(required=False)  # by a button of its own
    expected_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    opened_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Want a reason from who goes past the check."""
        data = super().clean() or {}
        if data.get("force") and not data.get("reason"):
            sentence = "Write why it is activated past the check of its models."
            self.add_error("reason", sentence)
        return data


class ActivateForm(ConfirmForm):
    """The question before an activation: also for how long."""

    minutes = forms.ChoiceField(
        label="How long",
        required=False,
        choices=[
            ("", "For good"),
            *((minutes, f"For {minutes} minutes") for minutes in TRIAL_MINUTES),
        ],
        widget=forms.RadioSelect,
        help_text="For some minutes: then what is live now comes back by itself, unless "
        "somebody presses Confirm.",
    )

    def clean_minutes(self) -> int:
        """Return the number of minutes; 0 for good."""
        return int(self.cleaned_data["minutes"] or 0)


def _explain(field: forms.Field, value: Value) -> None:
    """Say, in the field and below it, what a blank one inherits."""
    is_fallback = value.field in FALLBACK_FIELDS
    inherits = _inherits(value)
    lines = [f"Blank inherits {inherits}.", *refusals(value)]
    help_text = " ".join([_LIST_HELP, *lines] if is_fallback else lines)
    field.help_text = escape(help_text)  # the admin's templates take it as HTML
    field.widget.attrs |= {
        "placeholder": f"blank: {inherits}",
        "autocomplete": "off",
        "class": "vTextField aura-value",
    }
    if value is DIMENSION:
        field.widget.attrs["inputmode"] = "numeric"
        return
    suggested = EMBEDDING_LIST if value.field in EMBEDDING_FIELDS else CHAT_LIST
    field.widget.attrs |= {
        "list": suggested,
        "data-completes": "models",
        "spellcheck": "false",
        "maxlength": FALLBACKS_LENGTH if is_fallback else MODEL_ID_LENGTH,
    }


_LOCKED_HELP = " Locked by AURA_EMBEDDING_LOCK while this preset is live."


def _as_lines(warnings: list[str]) -> SafeString:
    """Return sentences as HTML, each on a line of its own with its sign."""
    line = '<span class="aura-warning aura-state aura-attention">{}</span>'
    return format_html_join("", line, ((warning,) for warning in warnings))


_LIST_HELP = (
    f"Tried in turn when the model fails: ids with commas between, or {NO_FALLBACKS}."
)


def _inherits(value: Value) -> str:
    inherits = inherited(value)
    if not inherits.origin:
        return "no fallbacks"
    return f"{in_turn(inherits.value)} from {inherits.origin}"


def _changed_meanwhile(preset: ModelPreset) -> str:
    return (
        f"{preset.name} was changed by {_last_editor(preset)} at {exact(preset.updated_at)}, "
        "after you opened this form. Nothing was saved. Open the preset in another tab and "
        "repeat your change there."
    )


def _last_editor(preset: ModelPreset) -> str:
    """Return who saved the preset last, when that was in the admin."""
    kind = ContentType.objects.get_for_model(ModelPreset)
    entries = LogEntry.objects.filter(
        content_type=kind, object_id=str(preset.pk), action_time__gte=preset.updated_at
    )
    newest = entries.select_related("user").order_by("action_time").first()
    return newest.user.get_username() if newest else "somebody else"
