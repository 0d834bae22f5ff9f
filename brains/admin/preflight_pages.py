"""The check of a preset's models in the admin: a page that asks them, how far that has come,
the same for what a form would give the live preset, and the gate that Activate goes through."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from brains.admin.effective import selection_of
from brains.admin.gated_forms import ask_first, to_ask
from brains.models import ModelPreset
from brains.preflight import gate
from brains.preflight.asking import ANSWER_S
from brains.preflight.gate import FRESH, Report
from brains.preflight.questions import L1_TIMES, TOKENS, TOTAL
from brains.selection import Selection, Snapshot

ACTIVATE_PERMISSION = "brains.activate_modelpreset"
FORCE_PERMISSION = "brains.force_modelpreset"
PROBE_PERMISSION = "brains.probe_modelpreset"
ACTIVATE = "brains_modelpreset_activate"
CANARY_START = "brains_modelpreset_canary_start"
QUESTIONS = {"activate": ACTIVATE, "canary": CANARY_START}
PREFLIGHT = "brains_modelpreset_preflight"
PROGRESS = "brains_modelpreset_preflight_progress"
EDIT = "brains_modelpreset_preflight_edit"
EDIT_PROGRESS = "brains_modelpreset_preflight_edit_progress"
_PAGE = "admin/brains/modelpreset/preflight.html"
_FINDINGS = "admin/brains/modelpreset/preflight_findings.html"


def may_check(request: HttpRequest) -> bool:
    """Say whether this user may ask the models of a preset."""
    return any(
        request.user.has_perm(name) for name in (PROBE_PERMISSION, ACTIVATE_PERMISSION)
    )


def panel(preset: ModelPreset) -> dict[str, Any]:
    """Return what the part of a page shows that is about the check of a preset."""
    return panel_of(
        selection_of(preset),
        reverse(f"admin:{PREFLIGHT}", args=[preset.pk]),
        reverse(f"admin:{PROGRESS}", args=[preset.pk]),
    )


def panel_of(selection: Selection, run_url: str, progress_url: str) -> dict[str, Any]:
    """Return the same of a selection, and the doors that ask its models and say how far
    that has come. `has_failed`: it is known that it cannot be served as it is."""
    report = gate.newest(selection)
    is_known_bad = bool(report and report.is_over and not report.has_passed)
    return {
        "report": report,
        "run_url": run_url,
        "progress_url": progress_url,
        "is_gated": settings.AURA_PREFLIGHT,
        "has_failed": settings.AURA_PREFLIGHT and is_known_bad,
        "total": TOTAL,
        "l1_times": L1_TIMES,
        "tokens": TOKENS,
        "answer_s": round(ANSWER_S),
        "fresh_minutes": round(FRESH.total_seconds() / 60),
    }


def edit_panel(preset_id: int) -> dict[str, str]:
    """Return where the form of the live preset has its models asked."""
    return {
        "ask_url": reverse(f"admin:{EDIT}", args=[preset_id]),
        "progress_url": reverse(f"admin:{EDIT_PROGRESS}", args=[preset_id]),
    }


def pass_gate(
    request: HttpRequest, preset: ModelPreset, opened_at: str, *, wants_force: bool
) -> bool:
    """Let a preset through to its activation, and say whether that was forced.

    Raises PreflightFailed, or PermissionDenied for who may not force. Nobody is asked for a
    preset that is live as it is, nor for one that was saved since the person saw it: the
    activation itself says so.
    """
    is_stale = opened_at not in ("", preset.updated_at.isoformat())
    snapshot = None if is_stale else preset.snapshot()
    return let_through(request, snapshot, wants_force=wants_force)


def let_through(
    request: HttpRequest, snapshot: Snapshot | None, *, wants_force: bool
) -> bool:
    """Let what is to be live through the check of its models, and say whether that was
    forced. Raises PreflightFailed, or PermissionDenied for who may not force."""
    candidate = gate.to_ask(snapshot)
    if candidate is None:
        return False
    if wants_force:
        if not request.user.has_perm(FORCE_PERMISSION):
            raise PermissionDenied
        return True
    gate.admit(candidate)
    return False


def may_force(request: HttpRequest) -> bool:
    """Say whether this user is offered to go past the check."""
    return settings.AURA_PREFLIGHT and request.user.has_perm(FORCE_PERMISSION)


class PreflightPages:
    """The page of the check and its progress, as the preset admin serves them."""

    def __init__(self, model_admin: "ModelAdmin[ModelPreset]") -> None:
        self._admin = model_admin

    def urls(self) -> list[URLPattern]:
        """Return their addresses, below the preset list's."""
        wrap = self._admin.admin_site.admin_view
        return [
            path("<int:pk>/preflight/", wrap(self.preflight), name=PREFLIGHT),
            path("<int:pk>/preflight/progress/", wrap(self.progress), name=PROGRESS),
            path("<int:pk>/preflight/edit/", wrap(self.ask_edit), name=EDIT),
            path(
                "<int:pk>/preflight/edit/progress/",
                wrap(self.edit_progress),
                name=EDIT_PROGRESS,
            ),
        ]

    def preflight(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the last check; by POST, ask the models first."""
        _refuse(request)
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        preset = ModelPreset.objects.filter(pk=pk).first()
        if preset is None:
            gone = "That preset is gone. Choose one that is in the list."
            messages.error(request, gone)
            return redirect("admin:brains_modelpreset_changelist")
        if request.method == "POST":
            gate.run(selection_of(preset))
            return _back(request, preset)
        context = {
            **self._admin.admin_site.each_context(request),
            "title": f"Check the models of {preset.name}",
            "opts": self._admin.opts,
            "preset": preset,
            "may_activate": request.user.has_perm(ACTIVATE_PERMISSION),
            "preflight": panel(preset),
        }
        return TemplateResponse(request, _PAGE, context)

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say how far the newest check has come."""
        _refuse(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        preset = get_object_or_404(ModelPreset, pk=pk)
        return told(gate.newest(selection_of(preset)))

    def ask_edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the models that the sent form gives a live preset, as to save it would."""
        self._refuse_edit(request, pk)
        if request.method == "POST":
            ask_first(self._admin, request, str(pk))
        return self.edit_progress(request, pk)

    def edit_progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say how far that has come; where there is nothing to ask, that it may be saved."""
        self._refuse_edit(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        candidate = to_ask(self._admin, request, str(pk))
        if candidate is None:
            return JsonResponse({"is_over": True, "has_passed": True, "html": ""})
        return told(gate.newest(candidate), is_edit=True)

    def _refuse_edit(self, request: HttpRequest, pk: int) -> None:
        preset = get_object_or_404(ModelPreset, pk=pk)
        if not self._admin.has_change_permission(request, preset):
            raise PermissionDenied


def told(report: Report | None, *, is_edit: bool = False) -> JsonResponse:
    """Answer how far a check has come."""
    html = render_to_string(_FINDINGS, {"report": report, "is_edit": is_edit})
    return JsonResponse(
        {
            "is_over": bool(report and report.is_over),
            "has_passed": bool(report and report.has_passed),
            "html": html,
        }
    )


def _refuse(request: HttpRequest) -> None:
    if not may_check(request):
        raise PermissionDenied


def _back(request: HttpRequest, preset: ModelPreset) -> HttpResponseRedirect:
    """Go on to the question in which the check was begun."""
    asked_in = (page for name, page in QUESTIONS.items() if name in request.POST)
    page = next(asked_in, PREFLIGHT)
    return redirect(reverse(f"admin:{page}", args=[preset.pk]))
