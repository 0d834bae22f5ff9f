"""The schedules in the admin: which preset is live at which hours, and what comes next."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from brains.admin.activation_pages import PERMISSION
from brains.admin.closed import Unfiltered
from brains.admin.markup import relative, state
from brains.admin.schedule_form import ZONE_LIST, ScheduleForm, warnings_of
from brains.models import Schedule
from brains.schedules.times import zones
from brains.schedules.turns import what_comes_next
from brains.schedules.wording import sentence_of

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
        head = {
            "title": "Schedules",
            "coming": sentence_of(what_comes_next(timezone.now())),
        }
        return super().changelist_view(request, {**head, **(extra_context or {})})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form with the list of time zones."""
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
        """Save, and say when its preset could not answer as things are."""
        super().save_model(request, obj, form, change)
        for warning in warnings_of(obj.preset):
            self.message_user(request, f"Saved. {warning}", messages.WARNING)

    @admin.display(description="State")
    def state_of(self, schedule: Schedule) -> SafeString:
        """Say whether it is on."""
        if schedule.left_out:
            reason = format_html("<small>{}</small>", schedule.left_out)
            return format_html("{} {}", state("left out", "attention"), reason)
        if schedule.began_as is not None:
            return state("on", "good")
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
