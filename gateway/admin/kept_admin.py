"""Kept exchanges in the admin: the list, one of them with its texts, and the button that
deletes all. Their texts are somebody else's words: a permission of its own opens them."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path

from brains import keeping
from brains.admin.closed import Unedited
from brains.wording import counted
from gateway.admin import kept_columns
from gateway.kept.models import KeptExchange
from gateway.kept.retention import forget_all

if TYPE_CHECKING:
    Base = admin.ModelAdmin[KeptExchange]
else:
    Base = admin.ModelAdmin

LIST = "admin:gateway_keptexchange_changelist"
DELETE_ALL = "gateway_keptexchange_delete_all"


@admin.register(KeptExchange)
class KeptExchangeAdmin(Unedited, Base):
    """What clients asked and were answered, where the operator has it kept."""

    list_display = kept_columns.COLUMNS
    list_filter = ("layer", "preset")
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    actions = None
    fieldsets = kept_columns.FACTS
    readonly_fields = tuple(
        n for _, facts in kept_columns.FACTS for n in facts["fields"]
    )

    class Media:
        css = {"all": ("aura/rehearsal.css",)}

    def get_urls(self) -> list[URLPattern]:
        """Add what deletes all."""
        delete_all = self.admin_site.admin_view(self.delete_all)
        return [path("delete-all/", delete_all, name=DELETE_ALL), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[KeptExchange]:
        """Leave out what only the page of one of them opens."""
        rows = super().get_queryset(request)
        one = request.resolver_match and request.resolver_match.kwargs.get("object_id")
        return rows if one else rows.defer("sealed")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list below what is kept and for how long."""
        count = KeptExchange.objects.count()
        own = {
            "title": "Kept exchanges",
            "keeping": keeping.sentence(),
            "kept_count": counted(count, "kept exchange") if count else "",
            "may_delete_all": self.has_delete_permission(request),
        }
        return super().changelist_view(request, {**own, **(extra_context or {})})

    def delete_all(self, request: HttpRequest) -> HttpResponse:
        """Delete every kept exchange, and what rehearsals made of it."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        count = forget_all()
        messages.success(request, f"{counted(count, 'kept exchange')} deleted.")
        may_see = self.has_view_permission(request)
        return redirect(LIST if may_see else "admin:index")
