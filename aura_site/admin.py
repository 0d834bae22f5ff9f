"""The pages of background tasks in the admin: the columns that say something, as in Aura's own
lists. What a task is, and its page, belong to the package that keeps them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult

from brains.admin.markup import NOTHING, relative, state
from gateway.usage.words import seconds

# How each status is said, and its colour.
STATES = {
    "READY": ("waiting", "quiet"),
    "RUNNING": ("running", "quiet"),
    "SUCCESSFUL": ("done", "good"),
    "FAILED": ("failed", "broken"),
}

admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class TaskAdmin(DBTaskResultAdmin):
    """What was to be done in the background, newest first."""

    list_display: Any = (
        "name",
        "state_of",
        "queued",
        "took",
        "queue_name",
        "why",
    )
    list_display_links = ("name",)
    list_filter: ClassVar[Any] = ("status", "queue_name")
    list_per_page = 50
    show_full_result_count = False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list under its own title."""
        title = {"title": "Tasks in the background"}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    @admin.display(description="Task", ordering="task_path")
    def name(self, task: "DBTaskResult[Any, Any]") -> str:
        """Show what was to be done."""
        return str(task.task_path).rpartition(".")[2]

    @admin.display(description="State", ordering="status")
    def state_of(self, task: "DBTaskResult[Any, Any]") -> SafeString:
        """Show how far it is."""
        return state(*STATES.get(task.status, (task.status, "quiet")))

    @admin.display(description="Queued", ordering="enqueued_at")
    def queued(self, task: "DBTaskResult[Any, Any]") -> SafeString:
        """Show when it was put there."""
        return relative(task.enqueued_at)

    @admin.display(description="Took")
    def took(self, task: "DBTaskResult[Any, Any]") -> SafeString | str:
        """Show how long it ran."""
        if not task.started_at or not task.finished_at:
            return NOTHING
        return seconds((task.finished_at - task.started_at).total_seconds())

    @admin.display(description="Why not")
    def why(self, task: "DBTaskResult[Any, Any]") -> SafeString | str:
        """Name what it failed with; its page has the rest."""
        return str(task.exception_class_path).rpartition(".")[2] or NOTHING
