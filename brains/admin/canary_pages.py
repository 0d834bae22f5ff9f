"""The pages of a canary: the question before it starts, and its two sides with what can be
done. GET changes nothing; each change is a POST of a form of its own."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from brains import activation, embedding_lock, live
from brains.admin.activation_pages import (
    LIST,
    PERMISSION,
    author_of,
    effect_of,
    posted,
)
from brains.admin.canary_forms import (
    AbortForm,
    PercentForm,
    PromoteForm,
    StartForm,
    StepForm,
)
from brains.admin.catalogue_hints import warnings_of_models
from brains.admin.differences import changes, compare, side_of
from brains.admin.doors import ACTING, ASKING, READING, View, guarded, may
from brains.admin.effective import selection_of, standing
from brains.admin.embedding_links import link_of, with_link
from brains.admin.preflight_pages import (
    CANARY_START,
    let_through,
    may_force,
    panel,
    pass_gate,
)
from brains.canary import changes as canary_changes
from brains.canary import rows as canaries
from brains.canary.figures import failing, figures
from brains.canary.models import Canary
from brains.canary.sentences import (
    begun_by,
    ended,
    fails,
    how_it_ended,
    promoted,
    share_changed,
    started,
)
from brains.canary.split import may_split_vectors, shown_percent
from brains.errors import BrainError, CanaryRefused, PreflightFailed, PresetChanged
from brains.models import ModelPreset
from brains.selection import resolve
from brains.unanswered import warnings_about

PAGE = "brains_modelpreset_canary"
START = CANARY_START
STEP = "brains_modelpreset_canary_step"
PAST = 10
_ITS_SIDE = "On the candidate's side"
_FOLDER = "admin/brains/modelpreset"


def page_url() -> str:
    """Return the address of the canary that runs."""
    return reverse(f"admin:{PAGE}")


def start_url(preset: ModelPreset) -> str:
    """Return the address of the page that asks before a canary of `preset`."""
    return reverse(f"admin:{START}", args=[preset.pk])


class CanaryPages:
    """The pages, as the preset admin serves them."""

    def __init__(self, model_admin: "ModelAdmin[ModelPreset]") -> None:
        self._admin = model_admin

    def urls(self) -> list[URLPattern]:
        """Return their addresses, below the preset list's."""
        return [
            path("canary/", self._door(self.show, READING), name=PAGE),
            path("canary/<slug:step>/", self._door(self.take, ACTING), name=STEP),
            path("<int:pk>/canary/", self._door(self.start, ASKING), name=START),
        ]

    def show(self, request: HttpRequest) -> HttpResponse:
        """Show the canary that runs, and how those before it ended."""
        canary = canaries.running()
        own = _running(canary) if canary else {"title": "No canary runs"}
        past = [how_it_ended(each) for each in canaries.past(PAST)]
        around = {"past": past, "may_force": may_force(request)}
        return self._page(request, "canary.html", {**own, **around})

    def start(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then begin a canary of the preset."""
        preset = ModelPreset.objects.filter(pk=pk).first()
        if preset is None:
            messages.error(request, "That preset is gone. Choose one in the list.")
            return redirect(LIST)
        if other := canaries.running():
            messages.info(request, f"{other.preset_name} is tried already.")
            return redirect(page_url())
        opened = {"opened_at": preset.updated_at.isoformat(), "percent": "10"}
        form = StartForm(posted(request), initial=opened)
        if request.method == "POST" and form.is_valid():
            try:
                return _started(request, preset, form)
            except PreflightFailed as failed:
                messages.error(request, str(failed))
        context = {**_question(preset, form), "may_force": may_force(request)}
        return self._page(request, "canary_start.html", context)

    def take(self, request: HttpRequest, step: str) -> HttpResponse:
        """Promote, change or abort the canary that the person was shown."""
        if (act := STEPS.get(step)) is None:
            return redirect(page_url())
        try:
            messages.success(request, act(request))
        except BrainError as refusal:
            canary = canaries.running()
            after = canary.as_snapshot() if canary else None
            link = link_of(request, refusal, after)
            messages.warning(
                request, with_link(f"{refusal} Nothing was changed.", link)
            )
        return redirect(LIST if canaries.running() is None else page_url())

    def _door(self, view: View, methods: tuple[str, ...]) -> View:
        wrap = self._admin.admin_site.admin_view
        return wrap(guarded(view, may(PERMISSION), methods))

    def _page(
        self, request: HttpRequest, name: str, context: dict[str, Any]
    ) -> HttpResponse:
        around = self._admin.admin_site.each_context(request)
        own = {"opts": self._admin.opts, "list_url": reverse(LIST)}
        return TemplateResponse(
            request, f"{_FOLDER}/{name}", {**around, **own, **context}
        )


def _question(preset: ModelPreset, form: StartForm) -> dict[str, Any]:
    """Return what the first page shows: both sides value by value, and what to mind."""
    now, candidate = standing(), selection_of(preset)
    effect = effect_of(now.selection, candidate, _ITS_SIDE)
    return {
        **effect,
        "title": f"Try {preset.name} on a share of the calls?",
        "preset": preset,
        "control": now.selection.preset or "no preset",
        "is_live": now.serves(preset),
        "has_changes": bool(changes(effect["differences"])),
        "keeps_vectors": not may_split_vectors(now.selection, candidate),
        "preflight": panel(preset),
        "form": form,
    }


def _running(canary: Canary) -> dict[str, Any]:
    """Return what the page of a running canary shows."""
    now = standing()
    share, rest = shown_percent(canary.percent), shown_percent(100 - canary.percent)
    preset, snapshot = canary.preset, canary.as_snapshot()
    candidate = resolve(snapshot, live.ladder())
    failed = failing(canary.started_at)
    return {
        "title": f"Canary: {canary.preset_name}",
        "canary": canary,
        "begun_by": begun_by(canary),
        "control": now.selection.preset or "no preset",
        "revision": now.selection.revision,
        "share": share,
        "rest": rest,
        "is_edited": preset is not None and preset.snapshot() != snapshot,
        "fails": fails(canary.preset_name, failed) if failed else "",
        "figures": figures(canary.started_at, with_cost=True),
        "differences": compare(side_of(now.selection), side_of(candidate)),
        "keeps_vectors": not may_split_vectors(now.selection, candidate),
        "warnings": [
            *warnings_about(candidate, _ITS_SIDE),
            *warnings_of_models(candidate),
        ],
        "percent_form": PercentForm(initial={"percent": share.removesuffix(" %")}),
    }


def _started(
    request: HttpRequest, preset: ModelPreset, form: StartForm
) -> HttpResponse:
    """Start it and tell. Raises PreflightFailed."""
    data = form.cleaned_data
    try:
        # A share of the calls is calls: its models are asked as before an activation.
        forced = pass_gate(
            request, preset, data["opened_at"] or "", wants_force=data["force"]
        )
        canary = canary_changes.start(
            preset,
            data["percent"],
            author_of(request, data["reason"]),
            opened_at=data["opened_at"] or None,
            forced=forced,
        )
    except PreflightFailed:
        raise
    except PresetChanged as changed:
        messages.warning(request, f"{changed}")
        return redirect(start_url(preset))
    except BrainError as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
        return redirect(LIST)
    messages.success(request, started(canary))
    return redirect(page_url())


def _promote(request: HttpRequest) -> str:
    form = PromoteForm(request.POST)
    given = form.cleaned_data if form.is_valid() else {}
    reason, force = given.get("reason", ""), given.get("force", False)
    if force and not reason:
        raise CanaryRefused("Write why it is promoted past the check of its models.")
    running = canaries.the_running(given.get("canary", 0))
    embedding_lock.refuse_now(running.as_snapshot())
    forced = let_through(request, running.as_snapshot(), wants_force=force)
    outcome = activation.promote_canary(
        author_of(request, reason), running.pk, forced=forced
    )
    return promoted(outcome)


def _abort(request: HttpRequest) -> str:
    form = AbortForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    who = author_of(request, reason)
    return ended(canary_changes.abort(who, canary=_meant(request)))


def _change(request: HttpRequest) -> str:
    form = PercentForm(request.POST)
    if not form.is_valid():
        raise CanaryRefused(str(form.errors["percent"][0]))
    percent, who = form.cleaned_data["percent"], author_of(request)
    return share_changed(canary_changes.change(percent, who, canary=_meant(request)))


STEPS = {"promote": _promote, "percent": _change, "abort": _abort}


def _meant(request: HttpRequest) -> int:
    """Return the id of the canary that the person was shown; one of none that there is
    where a form does not say it."""
    form = StepForm(request.POST)
    return int(form.cleaned_data["canary"]) if form.is_valid() else 0
