"""The page that shows two presets side by side, by the calls that each of them served."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from brains.admin.doors import COMPARE_PRESETS_PAGE, READING, guarded
from brains.called import comparison
from brains.layers import LAYERS
from brains.lookup import earlier_names
from brains.models import ModelPreset

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

_TEMPLATE = "admin/brains/modelpreset/compare.html"
DAYS = {1: "1 day", 7: "7 days", 30: "30 days"}
USUAL = 7
_GONE = "That preset is gone. Choose another one."


def _preset_field(label: str) -> "forms.ModelChoiceField[ModelPreset]":
    return forms.ModelChoiceField(
        ModelPreset.objects.order_by("name"),
        label=label,
        error_messages={"invalid_choice": _GONE, "required": "Choose two presets."},
    )


class PresetsForm(forms.Form):
    """Two presets, and how many days of calls."""

    first = _preset_field("Compare")
    second = _preset_field("with")
    days = forms.ChoiceField(
        label="over",
        choices=list(DAYS.items()),
        initial=USUAL,
        required=False,
        error_messages={"invalid_choice": "Choose 1, 7 or 30 days."},
    )

    def clean_days(self) -> int:
        """Return the number of days; the usual one when none is said."""
        return int(self.cleaned_data["days"] or USUAL)

    def clean(self) -> dict[str, Any]:
        """Refuse a preset beside itself."""
        data = super().clean() or {}
        first, second = data.get("first"), data.get("second")
        if first and first == second:
            self.add_error("second", "Choose two different presets.")
        return data

    @property
    def problems(self) -> list[str]:
        """What is wrong with what was asked for, each thing once."""
        return list(dict.fromkeys(str(m) for field in self for m in field.errors))


class ComparePresetsPage:
    """The page, as the preset admin serves it."""

    def __init__(self, model_admin: "ModelAdmin[ModelPreset]") -> None:
        self._admin = model_admin

    def urls(self) -> list[URLPattern]:
        """Return its address, below the preset list's."""
        view = guarded(self.show, self._admin.has_view_permission, READING)
        wrapped = self._admin.admin_site.admin_view(view)
        return [path("compare/", wrapped, name=COMPARE_PRESETS_PAGE)]

    def show(self, request: HttpRequest) -> HttpResponse:
        """Show both presets' calls; first only the question which."""
        is_asked = {"first", "second"} <= set(request.GET)
        given = {"days": USUAL, **request.GET.dict()}
        form = PresetsForm(given if is_asked else None, initial=given)
        context = {
            **self._admin.admin_site.each_context(request),
            "title": "Compare two presets",
            "opts": self._admin.opts,
            "form": form,
            **(_compared(**form.cleaned_data) if form.is_valid() else {}),
        }
        return TemplateResponse(request, _TEMPLATE, context)


def _compared(first: ModelPreset, second: ModelPreset, days: int) -> dict[str, Any]:
    """Return what the page shows of two presets."""
    pair = (first, second)
    earlier = [earlier_names(preset) for preset in pair]
    one, other = ((p.name, *had) for p, had in zip(pair, earlier, strict=True))
    found = comparison(one, other, timezone.now() - timedelta(days=days))
    return {
        "title": f"{first.name} and {second.name}",
        "first": first,
        "second": second,
        "span": DAYS[days].removeprefix("1 "),
        "layers": [(layer, found.layers.get(layer.name)) for layer in LAYERS],
        "has_calls": any(found.calls),
        "without": [p for p, n in zip(pair, found.calls, strict=True) if not n],
        "renamed": [(p, had) for p, had in zip(pair, earlier, strict=True) if had],
        "counted_until": found.counted_until,
    }
