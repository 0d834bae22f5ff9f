"""The schedules in the admin: which preset is live at which hours, and what comes next."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from brains.admin.activation_pages import PERMISSION
from brains.admin.closed import Unfiltered
from brains.admin.markup import relative, state
from brains.admin.schedule_form import ZONE_LIST, ScheduleForm, warnings_of
from brains.admin.schedule_question import question
from brains.models import Schedule
from brains.schedules.next_turn import next_turn, stored
from brains.schedules.times import zones
from brains.schedules.turns import what_comes_next
from brains.schedules.wording import (
    after_deleting,
    after_saving,
    said_of_turn,
    sentence_of,
)

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Schedule]
else:
    Base = admin.ModelAdmin


@admin.register(Schedule)
class ScheduleAdmin(Unfiltered, Base):
    """Hours of presets. Who may change them may also change what is live: they do."""

    form = ScheduleForm
    list_display = ("state_of", "preset", "hours_of", "days_of", "next_of")
    list_display_links = ("preset",)
    list_select_related = ("preset",)
    fields = ("preset", "days", "begins", "ends", "time_zone", "is_enabled")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may change what is live."""
        return super().has_add_permission(request) and _may_activate(request)

    def has_change_permission(
        self, request: HttpRequest, obj: Schedule | None = None
    ) -> bool:
        """Who may change what is live."""
        return super().has_change_permission(request, obj) and _may_activate(request)

    def has_delete_permission(
        self, request: HttpRequest, obj: Schedule | None = None
    ) -> bool:
        """Who may change what is live."""
        return super().has_delete_permission(request, obj) and _may_activate(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list below a line that says what comes next."""
        now = timezone.now()
        at_once = said_of_turn(next_turn(stored(), now), now)
        head = {
            "title": "Schedules",
            "at_once": at_once,
            "coming": sentence_of(what_comes_next(now)),
        }
        return super().changelist_view(request, {**head, **(extra_context or {})})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form with the list of time zones; ask before it is saved where that
        changes what is live at once."""
        if request.method == "POST":
            asked = question(self, request, unquote(object_id) if object_id else None)
            if asked:
                return asked
        completion = {"zone_list": ZONE_LIST, "zones": sorted(zones())}
        context = {**completion, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(
        self,
        request: HttpRequest,
        obj: Schedule,
        form: "ModelForm[Schedule]",
        change: bool,
    ) -> None:
        """Save, and say what it does now or next, and when its preset could not answer as
        things are."""
        super().save_model(request, obj, form, change)
        self.message_user(request, after_saving(obj, timezone.now()))
        for warning in warnings_of(obj.preset):
            self.message_user(request, f"Saved. {warning}", messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        """Delete one, and say what becomes of what it made live."""
        super().delete_model(request, obj)
        self._say_of_deleted(request, [obj])

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> None:
        """Delete several, and say the same."""
        gone = list(queryset)
        super().delete_queryset(request, queryset)
        self._say_of_deleted(request, gone)

    def _say_of_deleted(self, request: HttpRequest, gone: list[Schedule]) -> None:
        # Of several at most one was on.
        first = next((s for s in gone if s.began_as), gone[0])
        if said := after_deleting(first, timezone.now()):
            self.message_user(request, said)

    @admin.display(description="State")
    def state_of(self, schedule: Schedule) -> SafeString:
        """Say whether it is on."""
        if schedule.left_out:
            reason = format_html("<small>{}</small>", schedule.left_out)
            return format_html("{} {}", state("left out", "attention"), reason)
        now = timezone.now()
        is_in_hours = schedule.is_enabled and schedule.hours.is_on(now)
        if schedule.began_as is not None:
            return state("on" if is_in_hours else "ends now", "good")
        if is_in_hours and next_turn(stored(), now).begins == schedule:
            return state("begins now", "good")
        return state("waiting" if schedule.is_enabled else "switched off", "quiet")

    @admin.display(description="Hours")
    def hours_of(self, schedule: Schedule) -> str:
        """Show from when to when, and by whose clock."""
        return f"{schedule.begins:%H:%M} to {schedule.ends:%H:%M} {schedule.time_zone}"

    @admin.display(description="Days")
    def days_of(self, schedule: Schedule) -> str:
        """Show on which days it begins."""
        return schedule.days_in_words

    @admin.display(description="Next")
    def next_of(self, schedule: Schedule) -> SafeString:
        """Show when it begins or ends next."""
        now = timezone.now()
        at = schedule.hours.next_change(now) if schedule.is_enabled else None
        if at is None:
            return format_html("{}", "never")
        verb = "ends" if schedule.hours.is_on(now) else "begins"
        return format_html("<span>{} {}</span>", verb, relative(at))


def _may_activate(request: HttpRequest) -> bool:
    return request.user.has_perm(PERMISSION)
