"""The doors of `/api/` that change what is live. Each makes one change, in one call of
`brains/activation.py`."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from brains import activation, live
from brains.api.body import read_object, reason, required, switch, text, whole
from brains.api.door import Caller, Need
from brains.api.errors import Conflict
from brains.api.shapes import outcome_json
from brains.models import ModelPreset
from brains.preflight import gate
from brains.selection import resolve
from brains.staff_keys import Scope

ACTIVATE = Need(Scope.ACTIVATE, "brains.activate_modelpreset")
CONFIRM = Need(Scope.ACTIVATE, "brains.confirm_modelpreset")
ROLL_BACK = Need(Scope.ACTIVATE, "brains.roll_back_modelpreset")
FORCE = Need(Scope.ACTIVATE, "brains.force_modelpreset")
MINUTES_MAX = 7 * 24 * 60
REVISION_MAX = 2_147_483_647
_LONGEST = 200
_ACTIVATE_FIELDS = ("preset", "reason", "minutes", "updated_at", "force")


def activate(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Make a preset live, once its models have answered; with `minutes`, for so long unless
    it is confirmed."""
    body = read_object(request, _ACTIVATE_FIELDS)
    name = text(body, "preset", longest=_LONGEST)
    required(name, "preset")
    minutes = whole(body, "minutes", largest=MINUTES_MAX)
    author = caller.author(reason(body))
    preset = activation.find_preset(name)
    saved_at = preset.updated_at.isoformat()
    opened_at = text(body, "updated_at", longest=_LONGEST) or saved_at
    outcome = activation.activate(
        preset,
        author,
        opened_at=opened_at,
        trial=timedelta(minutes=minutes) if minutes else None,
        forced=opened_at == saved_at and _pass_gate(caller, preset, body),
    )
    return JsonResponse(outcome_json(outcome))


def _pass_gate(caller: Caller, preset: ModelPreset, body: dict[str, Any]) -> bool:
    """Let a preset through to its activation, and say whether that was forced.

    Raises PreflightFailed, and Forbidden for who may not force.
    """
    force = switch(body, "force")
    if force:
        required(reason(body), "reason")
        caller.require(FORCE)
    if not settings.AURA_PREFLIGHT or activation.is_live(preset):
        return False
    if not force:
        gate.admit(resolve(preset.snapshot(), live.ladder()))
    return force


def deactivate(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Let no preset be live."""
    body = read_object(request, ("reason",), may_be_empty=True)
    outcome = activation.deactivate(caller.author(reason(body)))
    return JsonResponse(outcome_json(outcome))


def confirm(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Let what is live on trial stay."""
    body = read_object(request, ("revision",), may_be_empty=True)
    revision = whole(body, "revision", largest=REVISION_MAX)
    outcome = activation.confirm(caller.author(), revision=revision)
    live = outcome.activation.revision if outcome.activation else 0
    if revision and not outcome.changed and revision != live:
        raise Conflict(
            f"Revision {revision} is not live: {live} is. Nothing was confirmed.",
            "revision_not_live",
        )
    return JsonResponse(outcome_json(outcome))


def roll_back(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Make what an earlier revision had live again."""
    body = read_object(request, ("revision", "reason"))
    revision = whole(body, "revision", largest=REVISION_MAX)
    required(revision, "revision")
    outcome = activation.roll_back(revision or 0, caller.author(reason(body)))
    return JsonResponse(outcome_json(outcome))
