"""The check of the models that a revision had, on the page that asks before going back to it:
the same as before an activation."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from brains import live
from brains.admin.doors import ROLL_BACK_CHECK, ROLL_BACK_PROGRESS, roll_back_url
from brains.admin.preflight_pages import panel_of, told
from brains.models import Activation
from brains.preflight import gate
from brains.selection import Selection, resolve


def panel_of_revision(target: Activation, newest: Activation | None) -> dict[str, Any]:
    """Return what the page shows of the check; {} where nobody is asked: no preset would be
    live, or one with the values that are live."""
    snapshot, now = target.as_snapshot(), newest.as_snapshot() if newest else None
    if snapshot is None or (now and now.values == snapshot.values):
        return {}
    return panel_of(
        _selection(target),
        reverse(f"admin:{ROLL_BACK_CHECK}", args=[target.revision]),
        reverse(f"admin:{ROLL_BACK_PROGRESS}", args=[target.revision]),
    )


def why_unasked(target: Activation) -> str:
    """Say why no model is asked before going back there."""
    if target.as_snapshot() is None:
        return "No preset would be live, so no model is asked, as before Deactivate."
    return "No model is asked: the values are those that serve now."


def check(request: HttpRequest, revision: int) -> HttpResponse:
    """Ask the models that a revision had, then show the question again."""
    target = get_object_or_404(Activation, revision=revision)
    if target.snapshot:
        gate.run(_selection(target))
    return redirect(roll_back_url(revision))


def progress(request: HttpRequest, revision: int) -> HttpResponse:
    """Say how far the newest check has come."""
    target = get_object_or_404(Activation, revision=revision)
    return told(gate.newest(_selection(target)))


def _selection(target: Activation) -> Selection:
    return resolve(target.as_snapshot(), live.ladder())
