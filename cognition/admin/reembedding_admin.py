"""The pages of re-embedding: which there were, how far the open one is, and its buttons."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.safestring import SafeString

from brains import live
from brains.admin.activation_pages import PERMISSION
from brains.admin.closed import ReadOnly, Unfiltered
from brains.admin.markup import relative, state
from brains.space import space_of
from brains.wording import exact
from cognition.admin.reembedding_steps import ReEmbeddingSteps
from cognition.memory.reembedding import wording
from cognition.memory.reembedding.counts import lacking
from cognition.memory.reembedding.models import ReEmbedding
from cognition.memory.reembedding.plans import open_plan

if TYPE_CHECKING:
    Base = admin.ModelAdmin[ReEmbedding]
else:
    Base = admin.ModelAdmin

State = ReEmbedding.State

_KINDS = {
    State.RUNNING: "good",
    State.SWITCHING: "good",
    State.PAUSED: "attention",
    State.FAILED: "broken",
    State.DONE: "quiet",
    State.CANCELLED: "quiet",
}


@admin.register(ReEmbedding)
class ReEmbeddingAdmin(ReadOnly, Unfiltered, Base):
    """What was re-embedded and for what. Nobody edits a row here: the buttons do."""

    list_display = ("state_of", "what", "progress", "who", "when")
    list_display_links = ("what",)
    ordering = ("-pk",)
    actions = None
    list_per_page = 50
    fields = (
        "state_of",
        "doing",
        "progress",
        "what",
        "spaces",
        "who",
        "why",
        "moments",
    )
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        """Add what begins, pauses, resumes and cancels."""
        return [*ReEmbeddingSteps(self).urls(), *super().get_urls()]

    def has_view_permission(
        self, request: HttpRequest, obj: ReEmbedding | None = None
    ) -> bool:
        """Who may activate a preset may also see what is done for it first."""
        return super().has_view_permission(request, obj) or _may_act(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list below what is open or to be done."""
        now = space_of(live.peek().selection)
        plan = open_plan()
        head = {
            "title": "Re-embeddings",
            "open": plan,
            "line": wording.line(plan) if plan else "",
            "space": now,
            "missing": 0 if plan else lacking(now).count(),
            "may_act": _may_act(request),
        }
        return super().changelist_view(request, {**head, **(extra_context or {})})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one, with its buttons."""
        context = {"may_act": _may_act(request), **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    @admin.display(description="State")
    def state_of(self, plan: ReEmbedding) -> SafeString:
        """Say whether it runs."""
        kind = (
            "attention"
            if plan.is_open and plan.failing_since
            else _KINDS[State(plan.state)]
        )
        return state(plan.get_state_display(), kind)

    @admin.display(description="What")
    def what(self, plan: ReEmbedding) -> str:
        """Say what it is for."""
        return wording.title_of(plan)

    @admin.display(description="Progress")
    def progress(self, plan: ReEmbedding) -> str:
        """Say how far it is, how quick, and at which cost."""
        return f"{wording.pace(plan)} {wording.cost(plan)}".strip()

    @admin.display(description="Now")
    def doing(self, plan: ReEmbedding) -> str:
        """Say what it does, or how it ended."""
        return wording.doing(plan)

    @admin.display(description="Vectors")
    def spaces(self, plan: ReEmbedding) -> str:
        """Say from which model to which."""
        if plan.space == plan.from_space:
            return str(plan.space)
        return f"from {plan.from_space} to {plan.space}"

    @admin.display(description="Who")
    def who(self, plan: ReEmbedding) -> str:
        """Say who began it, and in whose name it activates."""
        return plan.by_name

    @admin.display(description="Why")
    def why(self, plan: ReEmbedding) -> str:
        """Show the reason that was given."""
        return plan.reason or "No reason was given."

    @admin.display(description="When")
    def when(self, plan: ReEmbedding) -> SafeString:
        """Show how long ago it began."""
        return relative(plan.began_at)

    @admin.display(description="When")
    def moments(self, plan: ReEmbedding) -> str:
        """Show its begin and its end to the second."""
        ended = f", ended {exact(plan.ended_at)}" if plan.ended_at else ""
        return f"Begun {exact(plan.began_at)}{ended}."


def _may_act(request: HttpRequest) -> bool:
    return request.user.has_perm(PERMISSION)
