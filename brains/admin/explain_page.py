"""The page that explains each of the five values: its whole ladder, and what an edit of
each rung would do."""

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from brains.admin.doors import EXPLAIN_PAGE, READING, guarded
from brains.admin.effective import standing
from brains.admin.explanation import explanations
from brains.admin.sentences import what_is_live

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    from brains.models import ModelPreset

_TEMPLATE = "admin/brains/modelpreset/explain.html"


class ExplainPage:
    """The page, as the preset admin serves it."""

    def __init__(self, model_admin: "ModelAdmin[ModelPreset]") -> None:
        self._admin = model_admin

    def urls(self) -> list[URLPattern]:
        """Return its address, below the preset list's."""
        view = guarded(self.show, self._admin.has_view_permission, READING)
        wrapped = self._admin.admin_site.admin_view(view)
        return [path("explain/", wrapped, name=EXPLAIN_PAGE)]

    def show(self, request: HttpRequest) -> HttpResponse:
        """Show every value that is effective now, and why."""
        now = standing()
        context = {
            **self._admin.admin_site.each_context(request),
            "title": "Why these models serve",
            "opts": self._admin.opts,
            "live_sentence": what_is_live(now.activation),
            "is_preset": now.selection.preset is not None,
            "explanations": explanations(now),
        }
        return TemplateResponse(request, _TEMPLATE, context)
