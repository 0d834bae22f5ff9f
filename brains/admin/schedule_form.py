"""The form of a schedule: days to tick, time zones that complete, and a word when its preset
could not answer."""

from typing import Any

from django import forms
from django.utils.html import format_html_join

from brains.admin.effective import selection_of
from brains.models import ModelPreset
from brains.schedules.times import DAYS
from brains.unanswered import warnings_about

ZONE_LIST = "time-zones"
_TITLES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    """Hours of a preset."""

    days = forms.MultipleChoiceField(
        choices=list(zip(DAYS, _TITLES, strict=True)),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "aura-days"}),
        initial=DAYS,
        help_text="On which days it begins.",
        error_messages={"required": "Tick a day at least."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kept := self.initial.get("days"):
            self.initial["days"] = _split(kept)
        if "time_zone" in self.fields:
            looks = {"list": ZONE_LIST, "autocomplete": "off", "spellcheck": "false"}
            self.fields["time_zone"].widget.attrs |= looks
        if self.instance.preset_id and "preset" in self.fields:
            lines = ((each,) for each in warnings_of(self.instance.preset))
            line = '<span class="aura-warning aura-state aura-attention">{}</span>'
            self.fields["preset"].help_text = format_html_join("", line, lines)

    def clean_days(self) -> str:
        """Return the days as they are kept, in the week's order."""
        ticked = self.cleaned_data["days"]
        return ",".join(day for day in DAYS if day in ticked)


def warnings_of(preset: ModelPreset) -> list[str]:
    """Return why a preset could not answer as its providers are set up, as sentences."""
    return warnings_about(selection_of(preset))


def _split(kept: Any) -> list[str]:
    """Return days as the form ticks them; it was kept as text, with or without spaces."""
    days = kept.split(",") if isinstance(kept, str) else kept
    return [day.strip() for day in days]
