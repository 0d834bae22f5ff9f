"""The page of a person's data in the admin: look somebody up, see what is kept, export it as a
file, forget it. A name is sent by POST alone: it stays out of addresses, and so out of logs."""

import logging
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
)
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from brains.admin.closed import ReadOnly
from brains.admin.doors import ACTING, ASKING, guarded, may
from cognition.admin.person_form import PersonForm
from cognition.personal_data import doors, forgetting, holdings
from cognition.personal_data.models import Person

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Person]
else:
    Base = admin.ModelAdmin

logger = logging.getLogger(__name__)

LIST, EXPORT, FORGET = (
    f"cognition_person_{name}" for name in ("changelist", "export", "forget")
)
_EXPORTS, _FORGETS = may(doors.EXPORT.permission), may(doors.FORGET.permission)
_FOLDER = "admin/cognition/person"


@admin.register(Person)
class PersonAdmin(ReadOnly, Base):
    """Pages about one person at a time, in place of a list of all."""

    def get_urls(self) -> list[URLPattern]:
        """Have no page of a row."""
        wrap = self.admin_site.admin_view
        export = guarded(self.export, _EXPORTS, ACTING)
        forget = guarded(self.forget, _FORGETS, ACTING)
        return [
            path("", wrap(self.changelist_view), name=LIST),
            path("export/", wrap(export), name=EXPORT),
            path("forget/", wrap(forget), name=FORGET),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Who may export or forget."""
        return self.has_view_permission(request)

    def has_view_permission(
        self, request: HttpRequest, obj: Person | None = None
    ) -> bool:
        """Who may export or forget."""
        return _EXPORTS(request) or _FORGETS(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask who it is about; by POST show what is kept of them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in ASKING:
            return HttpResponseNotAllowed(ASKING)
        form = PersonForm(request.POST if request.method == "POST" else None)
        return self._page(request, "look_up.html", form, title="Personal data")

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Give out all that is kept of a person, as a file."""
        form = PersonForm(request.POST)
        if not (counts := _counts(form)):
            return self._page(request, "look_up.html", form, title="Personal data")
        logger.info(
            "A person was exported in the admin by user %s: %s",
            request.user.pk,
            holdings.told(counts),
        )
        answer = doors.as_json_lines(request, form.cleaned_data["person"])
        name = f"aura-person-{timezone.now():%Y-%m-%d}.jsonl"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def forget(self, request: HttpRequest) -> HttpResponse:
        """Ask, with what would go; once that is confirmed, delete all that is kept."""
        form = PersonForm(request.POST)
        if not _counts(form):
            return self._page(request, "look_up.html", form, title="Personal data")
        if "confirmed" not in request.POST:
            name = form.cleaned_data["user"]
            return self._page(request, "forget.html", form, title=f"Forget {name}?")
        deleted = holdings.told(forgetting.forget(form.cleaned_data["person"]))
        logger.info("That was in the admin, by user %s.", request.user.pk)
        messages.success(request, f"Forgotten. Deleted: {deleted}.")
        return redirect(f"admin:{LIST}")

    def _page(
        self, request: HttpRequest, template: str, form: PersonForm, *, title: str
    ) -> TemplateResponse:
        counts = _counts(form)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "form": form,
            "counts": {name: holdings.counted(n, name) for name, n in counts.items()},
            "told": holdings.told(counts),
            "is_known": form.is_bound and form.is_valid(),
            "may_export": _EXPORTS(request),
            "may_forget": _FORGETS(request),
            "list_url": reverse(f"admin:{LIST}"),
        }
        return TemplateResponse(request, f"{_FOLDER}/{template}", context)


def _counts(form: PersonForm) -> dict[str, int]:
    """Return what is kept of whom the form names; {} where that is nothing."""
    if not (form.is_bound and form.is_valid()):
        return {}
    counts = holdings.count(form.cleaned_data["person"])
    return counts if any(counts.values()) else {}
