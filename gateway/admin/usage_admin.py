"""The page of usage in the admin: what was called, by whom, and what it cost."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from brains.admin.closed import ReadOnly
from gateway.admin import usage_page
from gateway.usage.models import HourlyUsage

if TYPE_CHECKING:
    Base = admin.ModelAdmin[HourlyUsage]
else:
    Base = admin.ModelAdmin

LIST = "gateway_hourlyusage_changelist"


@admin.register(HourlyUsage)
class UsageAdmin(ReadOnly, Base):
    """One page, in place of a list of rows that nobody reads one by one."""

    def get_urls(self) -> list[URLPattern]:
        """Have no page of a single row."""
        return [path("", self.admin_site.admin_view(self.changelist_view), name=LIST)]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show one span of time: `?span=today`, `week` or `month`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Usage",
            "opts": self.opts,
            **usage_page.context(request.GET.get("span", ""), timezone.now()),
        }
        return TemplateResponse(request, "admin/gateway/usage.html", context)
