"""The history of what was effective, in the admin: sentences, newest first. Nobody adds,
changes or deletes a row here."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from brains.admin.differences import TITLES
from brains.admin.history import differences_of, sentence_of, with_before
from brains.admin.markup import relative
from brains.layers import FALLBACK_FIELDS, SETTABLE
from brains.models import Activation
from brains.wording import exact

if TYPE_CHECKING:
    from brains.admin.history import Entry

    Base = admin.ModelAdmin[Activation]
else:
    Base = admin.ModelAdmin


@admin.register(Activation)
class HistoryAdmin(Base):
    """What was effective since when, by whom and why, and what each change changed."""

    list_display = ("revision", "what", "reason", "when")
    list_display_links = ("revision",)
    list_per_page = 50
    ordering = ("-revision",)
    search_fields = ("by_name", "reason", "preset__name", "snapshot__name")
    actions = None
    fields = ("what", "why", "who", "moment", "values", "snapshot_fields")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Activation]:
        """Return the rows, each with what it replaced."""
        return with_before(super().get_queryset(request))

    def lookup_allowed(
        self, lookup: str, value: str, request: HttpRequest | None = None
    ) -> bool:
        """None: the list has a search and no filters, and an address could ask for more
        than the database can answer."""
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: `brains/activation.py` is the only writer."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Activation | None = None
    ) -> bool:
        """Nobody: history is never changed."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Activation | None = None
    ) -> bool:
        """Nobody: history is never deleted."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the history under its own title."""
        title = {"title": "History of what was live"}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    @admin.display(description="What")
    def what(self, entry: "Entry") -> SafeString:
        """Show the change as a sentence."""
        return sentence_of(entry)

    @admin.display(description="Why")
    def why(self, entry: Activation) -> str:
        """Show the reason that was given."""
        return entry.reason or "No reason was given."

    @admin.display(description="Who")
    def who(self, entry: Activation) -> str:
        """Show who made the change, as they were called then."""
        return entry.by_name

    @admin.display(description="When", ordering="revision")
    def when(self, entry: Activation) -> SafeString:
        """Show how long ago it was."""
        return relative(entry.created_at)

    @admin.display(description="When")
    def moment(self, entry: Activation) -> str:
        """Show the time to the second."""
        return exact(entry.created_at)

    @admin.display(description="What it resolved to")
    def values(self, entry: "Entry") -> SafeString:
        """Show the values before and after it."""
        context = {
            "differences": differences_of(entry),
            "only_after": entry.before_resolved is None,
            "before_title": "Before",
            "after_title": f"Revision {entry.revision}",
        }
        return render_to_string("admin/brains/differences.html", context)

    @admin.display(description="The preset as it was")
    def snapshot_fields(self, entry: Activation) -> SafeString | str:
        """Show the fields of the preset at that moment; blank ones inherited."""
        if (snapshot := entry.as_snapshot()) is None:
            return "No preset was live."
        texts = [(v.field, snapshot.values[v.field]) for v in SETTABLE]
        context = {
            "snapshot": snapshot,
            "fields": [
                (TITLES[field], text)
                for field, text in texts
                if text or field not in FALLBACK_FIELDS
            ],
        }
        return render_to_string("admin/brains/activation/snapshot.html", context)
