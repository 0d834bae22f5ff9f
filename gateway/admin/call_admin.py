"""The record of calls in the admin: a list that stays quick with a million rows, and a page for
each call. Nobody adds, changes or deletes one here."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from brains.admin.closed import ReadOnly
from gateway.admin.call_columns import COLUMNS, FACTS
from gateway.admin.call_filters import FILTERS, CallFilter, PeriodFilter
from gateway.admin.call_pages import DEPTH, Page, Place, page_of
from gateway.records.losses import losses
from gateway.records.models import CallRecord

if TYPE_CHECKING:
    Base = admin.ModelAdmin[CallRecord]
else:
    Base = admin.ModelAdmin

Calls = QuerySet[CallRecord]
PER_PAGE = 50


class CallList(ChangeList):
    """The list in pages that follow each other: nothing is counted."""

    page: Page
    depth = f"{DEPTH:,}"

    def get_ordering(self, request: HttpRequest, queryset: Calls) -> list[Any]:
        """Newest first, whatever the address says: each page begins where one ended."""
        return ["-began_at", "-id"]

    def get_results(self, request: HttpRequest) -> None:
        """Find the page that the address names."""
        place = Place.parse(request.GET.get(PAGE_VAR, ""))
        self.page = page_of(self.queryset, self._scope(), place, PER_PAGE)
        self.result_list = self.page.calls
        self.result_count = self.full_result_count = len(self.page.calls)
        self.can_show_all = self.show_all = self.multi_page = False

    @property
    def older_url(self) -> str:
        """The address of the next page; "" on the last."""
        return self._url(self.page.older)

    @property
    def newer_url(self) -> str:
        """The address of the page before; "" on the first."""
        return self._url(self.page.newer)

    @property
    def is_narrowed(self) -> bool:
        """Whether not all calls are asked for."""
        return bool(self.query or self._conditions())

    def _url(self, place: Place | None) -> str:
        return self.get_query_string({PAGE_VAR: str(place)}) if place else ""

    def _conditions(self) -> list[tuple[CallFilter, Q]]:
        found = []
        for spec in self.filter_specs:
            if (
                isinstance(spec, CallFilter)
                and (condition := spec.condition()) is not None
            ):
                found.append((spec, condition))
        return found

    def _scope(self) -> Calls | None:
        """Return calls that an index holds and all that is asked for are among; None when
        these are just them."""
        scope = self.root_queryset
        chosen = self._conditions()
        others = [each for each in chosen if not isinstance(each[0], PeriodFilter)]
        is_plain = len(others) <= 1 and all(spec.held() == q for spec, q in others)
        if (not self.query and is_plain) or _is_id(self.query):
            return None
        held = [(spec.rank, q) for spec, _ in others if (q := spec.held()) is not None]
        for period, condition in chosen:
            if isinstance(period, PeriodFilter):
                scope = scope.filter(condition)
        return scope.filter(max(held, key=lambda each: each[0])[1]) if held else scope


@admin.register(CallRecord)
class CallAdmin(ReadOnly, Base):
    """Every call with a valid key: when, what served it, how it ended, what it cost."""

    list_display = COLUMNS
    list_filter = FILTERS
    list_per_page = PER_PAGE
    search_fields = ("call_id",)
    search_help_text = "A whole call id, or a part of a model or an error"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None
    fieldsets = FACTS
    readonly_fields = tuple(name for _, facts in FACTS for name in facts["fields"])

    class Media:
        css = {"all": ("aura/calls.css",)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list that does not count."""
        return CallList

    def get_search_results(
        self, request: HttpRequest, queryset: Calls, search_term: str
    ) -> tuple[Calls, bool]:
        """Find a call by its id, else calls by a part of a model or an error."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if _is_id(term):
            return queryset.filter(call_id=term), False
        models = Q(model__icontains=term) | Q(asked__icontains=term)
        return queryset.filter(models | Q(error__icontains=term)), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, and what is not in it."""
        own = {"title": "Calls", "losses": losses()}
        return super().changelist_view(request, {**own, **(extra_context or {})})


def _is_id(term: str) -> bool:
    return bool(term) and CallRecord.objects.filter(call_id=term).exists()
