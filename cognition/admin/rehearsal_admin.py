"""The list of rehearsals in the admin, and the page of one, while it runs and after."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from brains import keeping
from brains.admin.closed import ReadOnly
from brains.admin.doors import ACTING, READING, guarded, may
from brains.admin.markup import relative, state
from cognition.admin import rehearsal_view
from cognition.admin.rehearsal_start import REHEARSE, START, StartPage, page_url
from cognition.rehearsal import running
from cognition.rehearsal.models import Rehearsal

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Rehearsal]
else:
    Base = admin.ModelAdmin

READ = "gateway.view_keptexchange"
PROGRESS, STOP = "cognition_rehearsal_progress", "cognition_rehearsal_stop"
_FOLDER = "admin/cognition/rehearsal"
_KINDS = {
    Rehearsal.State.RUNNING: "quiet",
    Rehearsal.State.DONE: "good",
    Rehearsal.State.CAPPED: "attention",
    Rehearsal.State.STOPPED: "attention",
}


@admin.display(description="Preset")
def name_of(rehearsal: Rehearsal) -> SafeString:
    """Show the preset, as the link to the page."""
    return format_html(
        '<a class="aura-name" href="{}">{}</a>',
        page_url(rehearsal.pk),
        rehearsal.preset_name,
    )


@admin.display(description="State")
def state_of(rehearsal: Rehearsal) -> SafeString:
    """Show whether it runs, and else how it ended."""
    label = Rehearsal.State(rehearsal.state).label
    return state(str(label), _KINDS[Rehearsal.State(rehearsal.state)])


@admin.display(description="When")
def when(rehearsal: Rehearsal) -> SafeString:
    """Show how long ago it began."""
    return relative(rehearsal.created_at)


@admin.register(Rehearsal)
class RehearsalAdmin(ReadOnly, Base):
    """Every rehearsal; one is begun from the page of a preset."""

    list_display = (name_of, state_of, when, "by_name")
    list_display_links = None
    list_per_page = 50
    actions = None

    class Media:
        css = {"all": ("aura/rehearsal.css",)}

    def get_urls(self) -> list[URLPattern]:
        """Add the question before a rehearsal, its progress, and what stops it."""
        wrap = self.admin_site.admin_view
        ask = StartPage(self)
        progress = guarded(self.progress, may(READ), READING)
        stop = guarded(self.stop, may(REHEARSE), ACTING)
        return [
            path("start/<int:preset>/", wrap(ask.door()), name=START),
            path("<int:pk>/progress/", wrap(progress), name=PROGRESS),
            path("<int:pk>/stop/", wrap(stop), name=STOP),
            *super().get_urls(),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Who may read what is kept."""
        return self.has_view_permission(request)

    def has_view_permission(
        self, request: HttpRequest, obj: Rehearsal | None = None
    ) -> bool:
        """Who may read what is kept."""
        return request.user.has_perm(READ)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, and how one begins."""
        own = {"title": "Rehearsals", "keeping": keeping.sentence()}
        return super().changelist_view(request, {**own, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one rehearsal."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in READING:
            return HttpResponseNotAllowed(READING)
        known = object_id.isdecimal() and len(object_id) < 19
        rehearsal = get_object_or_404(Rehearsal, pk=object_id if known else 0)
        context = {
            **self.admin_site.each_context(request),
            **rehearsal_view.context(rehearsal),
            "title": f"Rehearsal of {rehearsal.preset_name}",
            "opts": self.opts,
            "keeping": keeping.sentence(),
            "may_stop": request.user.has_perm(REHEARSE),
        }
        return TemplateResponse(request, f"{_FOLDER}/change_form.html", context)

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the part of the page that changes, without the exchanges that stand there
        already: so many as `seen` says."""
        rehearsal = get_object_or_404(Rehearsal, pk=pk)
        said = request.GET.get("seen", "")
        seen = int(said) if said.isdecimal() and len(said) < 6 else 0
        context = {
            **rehearsal_view.context(rehearsal, seen),
            "may_stop": request.user.has_perm(REHEARSE),
        }
        return TemplateResponse(request, f"{_FOLDER}/live.html", context)

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop a rehearsal; what is being asked just then is still answered."""
        if running.stop(pk):
            messages.success(request, "Stopped. What was being asked still comes in.")
        else:
            messages.info(request, "It was over already.")
        return redirect(page_url(pk))
