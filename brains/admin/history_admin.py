"""The history of what was effective, in the admin: sentences, newest first. Nobody adds,
changes or deletes a row here."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.safestring import SafeString

from brains import activation
from brains.admin.closed import ReadOnly, Unfiltered
from brains.admin.compare_page import CompareForm, ComparePage
from brains.admin.differences import TITLES
from brains.admin.doors import may_roll_back, roll_back_url
from brains.admin.history import (
    called,
    deed_of,
    difference_of,
    differences_of,
    reason_of,
    sentence_of,
    span_of,
    with_before,
)
from brains.admin.markup import relative, state
from brains.admin.roll_back_pages import RollBackPages
from brains.layers import FALLBACK_FIELDS, SETTABLE
from brains.models import Activation
from brains.wording import exact

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList

    from brains.admin.history import Entry

    Base = admin.ModelAdmin[Activation]
else:
    Base = admin.ModelAdmin


@admin.display(description="Change")
def roll_back_button(entry: "Entry") -> SafeString:
    """Link to the question before going back to a revision; say which one is live."""
    if entry.revision == entry.live_revision:
        return state("live", "good")
    return format_html(
        '<a class="button aura-button aura-second" href="{}" aria-label="{}">Roll back</a>',
        roll_back_url(entry.revision),
        f"Roll back to revision {entry.revision}",
    )


def _small(text: str) -> SafeString:
    return format_html("<small>{}</small>", text) if text else SafeString("")


@admin.register(Activation)
class HistoryAdmin(ReadOnly, Unfiltered, Base):
    """What was effective since when, by whom and why, and what each change changed."""

    list_display = ("revision", "deed", "difference", "while_live", "when")
    list_display_links = ("revision",)
    list_per_page = 20  # for each of them its calls are counted
    ordering = ("-revision",)
    search_fields = ("by_name", "reason", "preset__name", "snapshot__name")
    actions = None
    fields = ("what", "why", "who", "moment", "values", "snapshot_fields")
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that compare two revisions and go back to one."""
        own = (RollBackPages(self).urls(), ComparePage(self).urls())
        return [*(url for urls in own for url in urls), *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """Leave the buttons out for those who may not use them."""
        listed = tuple(self.list_display)
        return (*listed, roll_back_button) if may_roll_back(request) else listed

    def has_view_permission(
        self, request: HttpRequest, obj: Activation | None = None
    ) -> bool:
        """Who may go back to an earlier revision may also see which there are."""
        return super().has_view_permission(request, obj) or may_roll_back(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Activation]:
        """Return the rows, each with what it replaced."""
        return with_before(super().get_queryset(request))

    def get_changelist_instance(self, request: HttpRequest) -> "ChangeList":
        """Give each row of the page what came of its calls."""
        page = super().get_changelist_instance(request)
        came_of = called(page.result_list)
        for entry in page.result_list:
            entry.came_of = came_of.get(entry.revision, "")
        return page

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the history under its own title."""
        head = {"title": "History of what was live", "compare_form": CompareForm()}
        return super().changelist_view(request, {**head, **(extra_context or {})})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one revision, with the ways on from it."""
        ways = {"live": activation.latest(), "may_roll_back": may_roll_back(request)}
        context = {**ways, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    @admin.display(description="What")
    def what(self, entry: "Entry") -> SafeString:
        """Show the change as a sentence."""
        return sentence_of(entry)

    @admin.display(description="What")
    def deed(self, entry: "Entry") -> SafeString:
        """Show who did what, and why."""
        reason = reason_of(entry)
        return format_html(
            "{}{}", deed_of(entry), _small(f"“{reason}”" if reason else "")
        )

    @admin.display(description="Difference")
    def difference(self, entry: "Entry") -> SafeString:
        """Show what it changed."""
        return difference_of(entry)

    @admin.display(description="While live")
    def while_live(self, entry: Any) -> SafeString:
        """Show how long it was live, how many calls came, and what they cost."""
        return format_html("{}{}", span_of(entry), _small(entry.came_of))

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
