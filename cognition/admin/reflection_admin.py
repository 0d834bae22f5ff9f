"""Reflections in the admin: how each goes, why one was set aside, and letting it be tried
again. What was said in the turn is not shown: it belongs to the person who said it."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from brains.admin.closed import ReadOnly
from brains.admin.markup import NOTHING, relative, state
from brains.wording import counted
from cognition.reflection import job
from cognition.reflection.models import Reflection

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Reflection]
else:
    Base = admin.ModelAdmin

RETRY = "cognition.retry_reflection"
KINDS = {"waiting": "quiet", "running": "quiet", "done": "good", "failed": "broken"}


@admin.register(Reflection)
class ReflectionAdmin(ReadOnly, Base):
    """What L2 was to make of turns, newest first."""

    list_display = (
        "state_shown",
        "turn_shown",
        "second_layer",
        "attempts",
        "ended",
        "why",
    )
    list_display_links = None
    list_filter = ("state",)
    list_select_related = ("turn",)
    list_per_page = 50
    actions = ("try_again",)
    show_full_result_count = False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list under its own title."""
        title = {"title": "Reflections"}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    @admin.display(description="state", ordering="state")
    def state_shown(self, reflection: Reflection) -> str:
        """Show the state."""
        return state(reflection.get_state_display(), KINDS[reflection.state])

    @admin.display(description="turn", ordering="turn")
    def turn_shown(self, reflection: Reflection) -> str:
        """Name the turn, and the revision that served it."""
        turn = reflection.turn
        preset = turn.preset or "no preset"
        return f"{turn.pk} · revision {turn.revision} · {preset}"

    @admin.display(description="L2")
    def second_layer(self, reflection: Reflection) -> str:
        """Show the model that is to reflect, or did."""
        value: str = reflection.turn.selection["choices"]["l2_model"][0]
        return str(reflection.stamp.get("model") or value)

    @admin.display(description="over", ordering="ended_at")
    def ended(self, reflection: Reflection) -> str:
        """Show when it was over."""
        return relative(reflection.ended_at) if reflection.ended_at else NOTHING

    @admin.display(description="why not")
    def why(self, reflection: Reflection) -> str:
        """Show why the last try failed."""
        return reflection.reason or NOTHING

    @admin.action(description="Try again what was set aside")
    def try_again(
        self, request: HttpRequest, reflections: QuerySet[Reflection]
    ) -> None:
        """Let those that were set aside be tried again."""
        count = job.retry(reflections)
        text = f"{counted(count, 'reflection')} will be tried again within seconds."
        self.message_user(request, text, messages.SUCCESS if count else messages.INFO)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer the action to those who may."""
        may = request.user.has_perm(RETRY)
        return super().get_actions(request) if may else {}
