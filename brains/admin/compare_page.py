"""The page that shows any two revisions side by side, value by value."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from brains.admin.differences import changes, compare, side_of_resolved
from brains.admin.doors import COMPARE_PAGE, READING, guarded, may_roll_back
from brains.admin.history import sentence_of, with_before
from brains.models import Activation
from brains.wording import counted

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    from brains.admin.history import Entry

_TEMPLATE = "admin/brains/activation/compare.html"
_REFUSALS = {
    "required": "Give the numbers of two revisions, such as 3 and 5.",
    "invalid": "A revision is a whole number, such as 17.",
    "min_value": "The first revision is number 1.",
    "max_value": "There is no revision of so high a number.",
}
HIGHEST = 2**31 - 1  # what the database's integers hold


def _revision_field(label: str) -> forms.IntegerField:
    widget = forms.TextInput(
        attrs={"inputmode": "numeric", "autocomplete": "off", "size": 6}
    )
    return forms.IntegerField(
        label=label,
        min_value=1,
        max_value=HIGHEST,
        error_messages=_REFUSALS,
        widget=widget,
    )


class CompareForm(forms.Form):
    """Two revisions that exist."""

    a = _revision_field("Compare revision")
    b = _revision_field("with revision")

    def clean(self) -> dict[str, Any]:
        """Find the rows; refuse numbers that none has."""
        data = super().clean() or {}
        asked = [data[name] for name in self.fields if name in data]
        rows = with_before(Activation.objects.filter(revision__in=asked))
        found = {row.revision: row for row in rows}
        for name in self.fields:
            if name in data and data[name] not in found:
                self.add_error(name, f"There is no revision {data[name]}.")
        return {name: found.get(data.get(name, 0)) for name in self.fields}

    @property
    def problems(self) -> list[str]:
        """What is wrong with what was asked for, each thing once."""
        return list(dict.fromkeys(str(m) for field in self for m in field.errors))


class ComparePage:
    """The page, as the history's admin serves it."""

    def __init__(self, model_admin: "ModelAdmin[Activation]") -> None:
        self._admin = model_admin

    def urls(self) -> list[URLPattern]:
        """Return its address, below the history's."""
        view = guarded(self.show, self._admin.has_view_permission, READING)
        wrapped = self._admin.admin_site.admin_view(view)
        return [path("compare/", wrapped, name=COMPARE_PAGE)]

    def show(self, request: HttpRequest) -> HttpResponse:
        """Show both revisions, or what is wrong with what was asked for."""
        form = CompareForm(request.GET)
        context = {
            **self._admin.admin_site.each_context(request),
            "title": "Compare two revisions",
            "opts": self._admin.opts,
            "compare_form": form,
            "may_roll_back": may_roll_back(request),
            **(_comparison(**form.cleaned_data) if form.is_valid() else {}),
        }
        return TemplateResponse(request, _TEMPLATE, context)


def _comparison(a: "Entry", b: "Entry") -> dict[str, Any]:
    before = side_of_resolved(a.resolved, a.preset_name)
    differences = compare(before, side_of_resolved(b.resolved, b.preset_name))
    changed = len(changes(differences))
    verb = "differs" if changed == 1 else "differ"
    return {
        "title": f"Revision {a.revision} and revision {b.revision}",
        "entries": [(entry, sentence_of(entry)) for entry in (a, b)],
        "sentence": f"{counted(changed, 'value')} {verb}."
        if changed
        else "No value differs.",
        "differences": differences,
        "before_title": f"Revision {a.revision}",
        "after_title": f"Revision {b.revision}",
    }
