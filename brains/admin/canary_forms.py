"""The forms of a canary: how many calls it takes and why, and which canary is meant."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from brains.admin.forms import REASON_LENGTH
from brains.canary.split import percent_from, problem_with_percent


class PercentField(forms.CharField):
    """A percentage. Text, not type=number: a browser sends a bad number as nothing."""

    widget = forms.TextInput(
        attrs={"inputmode": "decimal", "autocomplete": "off", "size": 6}
    )

    def clean(self, value: Any) -> Decimal:
        """Return the percentage. Raises ValidationError with one sentence."""
        percent = percent_from(str(super().clean(value)))
        if problem := problem_with_percent(percent or Decimal(0)):
            raise ValidationError(problem)
        return percent or Decimal(0)


class StartForm(forms.Form):
    """The question before a canary."""

    percent = PercentField(
        label="Percent of the calls", help_text="From 0.5 to 100, in half steps."
    )
    reason = forms.CharField(
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(
            attrs={"rows": 2, "cols": 60, "class": "vLargeTextField"}
        ),
        help_text="Optional. It is kept with the canary.",
    )
    force = forms.BooleanField(required=False)  # by a button of its own
    opened_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Want a reason from who goes past the check."""
        data = super().clean() or {}
        if data.get("force") and not data.get("reason"):
            sentence = "Write why it is started past the check of its models."
            self.add_error("reason", sentence)
        return data


class StepForm(forms.Form):
    """What every step says: which canary it means."""

    canary = forms.IntegerField(min_value=1)


class AbortForm(StepForm):
    """The end without a promotion, and why, if one says so."""

    reason = forms.CharField(required=False, max_length=REASON_LENGTH)


class PromoteForm(StepForm):
    """The promotion: past the check of its models it needs a reason."""

    reason = forms.CharField(required=False, max_length=REASON_LENGTH)
    force = forms.BooleanField(required=False)


class PercentForm(forms.Form):
    """Another share."""

    percent = PercentField(label="Percent of the calls")
