"""What begins, pauses, resumes and cancels a re-embedding: by POST alone, for those who may
activate a preset, since that is how it ends."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path

from brains.admin.activation_pages import PERMISSION, activate_url, author_of
from brains.admin.doors import ACTING, View, guarded, may
from brains.admin.effective import selection_of
from brains.admin.forms import ConfirmForm
from brains.canary import rows as canaries
from brains.canary.sentences import ends_with_change
from brains.errors import BrainError, PreflightFailed
from brains.models import ModelPreset
from brains.preflight.known import keeps_from_re_embedding
from cognition.memory.reembedding import plans
from cognition.memory.reembedding.doors import BEGIN, FILL, LIST, STEP, plan_url
from cognition.memory.reembedding.models import ReEmbedding

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

_UNCHANGED = "Nothing was changed."


class ReEmbeddingSteps:
    """The doors, as the admin of re-embeddings serves them."""

    def __init__(self, model_admin: "ModelAdmin[ReEmbedding]") -> None:
        self._admin = model_admin

    def urls(self) -> list[URLPattern]:
        """Return their addresses, below the list's."""
        return [
            path("begin/", self._door(fill), name=FILL),
            path("begin/<int:preset>/", self._door(begin), name=BEGIN),
            path("<int:plan>/do/<slug:act>/", self._door(take), name=STEP),
        ]

    def _door(self, view: View) -> View:
        guard = guarded(view, may(PERMISSION), ACTING)
        return self._admin.admin_site.admin_view(guard)


def begin(request: HttpRequest, preset: int) -> HttpResponse:
    """Begin to re-embed for a preset, from the page that activates it. Its models are asked
    as before an activation: better now than when all is embedded."""
    found = get_object_or_404(ModelPreset, pk=preset)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"The reason is too long. {_UNCHANGED}")
        return redirect(activate_url(found))
    if keeps_from_re_embedding(selection_of(found)):
        messages.error(request, "Nothing was begun. What holds it up stands below.")
        return redirect(activate_url(found))
    opened_at = form.cleaned_data["opened_at"] or found.updated_at.isoformat()
    author = author_of(request, form.cleaned_data["reason"])
    try:
        plans.ask_first(found, opened_at)
        plan = plans.begin(found, author, opened_at=opened_at)
    except PreflightFailed as failed:
        messages.error(request, str(failed))
        return redirect(activate_url(found))
    except BrainError as refused:
        messages.error(request, f"{refused} {_UNCHANGED}")
        return redirect(activate_url(found))
    said = (
        f"Memories are embedded anew for {found.name}, which is activated in your name when "
        "all have their vector. The background tasks do it."
    )
    messages.success(request, f"{said} {ends_with_change(canaries.running())}".strip())
    return redirect(plan_url(plan.pk))


def fill(request: HttpRequest) -> HttpResponse:
    """Begin to embed what has no vector of the model that is effective."""
    try:
        plan = plans.begin(None, author_of(request))
    except BrainError as refused:
        messages.error(request, f"{refused} {_UNCHANGED}")
        return redirect(LIST)
    messages.success(request, "What has no vector is embedded by the background tasks.")
    return redirect(plan_url(plan.pk))


def take(request: HttpRequest, plan: int, act: str) -> HttpResponse:
    """Pause, resume or cancel the plan that the person was shown."""
    found = get_object_or_404(ReEmbedding, pk=plan)
    if step := _STEPS.get(act):
        try:
            messages.success(request, step(request, found))
        except BrainError as refused:
            messages.warning(request, f"{refused} {_UNCHANGED}")
    return redirect(plan_url(found.pk))


def _pause(request: HttpRequest, plan: ReEmbedding) -> str:
    plans.pause(plan)
    return "Paused. What is embedded is kept."


def _resume(request: HttpRequest, plan: ReEmbedding) -> str:
    plans.resume(plan)
    return "It goes on."


def _cancel(request: HttpRequest, plan: ReEmbedding) -> str:
    plans.cancel(plan, author_of(request))
    return "Cancelled. What is live stays as it is."


_STEPS: dict[str, Callable[[HttpRequest, ReEmbedding], str]] = {
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
}
