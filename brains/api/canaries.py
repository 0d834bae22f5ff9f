"""`/api/canary`: a share of the calls for a candidate preset, from its start to its end. Each
change is one call of `brains/activation.py`."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from brains import activation
from brains.api.body import read_object, reason, required, text, whole
from brains.api.door import Caller, Need
from brains.api.errors import Unprocessable
from brains.api.gates import let_through, pass_gate
from brains.api.shapes import canary_json, outcome_json
from brains.canary import changes as canary_changes
from brains.canary import rows as canaries
from brains.canary.figures import figures
from brains.canary.models import Canary
from brains.staff_keys import Scope

VIEW = Need(Scope.READ, "brains.view_modelpreset")
CHANGE = Need(Scope.ACTIVATE, "brains.activate_modelpreset")
ID_MAX = 2**63 - 1
_LONGEST = 200


def show(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer with the canary that runs and its two sides, and the last one that is over."""
    running = canaries.running()
    last = next(iter(canaries.past(1)), None)
    return JsonResponse(
        {
            "canary": _with_figures(running) if running else None,
            "last": canary_json(last) if last else None,
        }
    )


def start(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Send a percentage of the calls to a preset, once its models have answered."""
    body = read_object(request, ("preset", "percent", "reason", "updated_at", "force"))
    name, percent = text(body, "preset", longest=_LONGEST), _percent(body)
    required(name, "preset")
    preset = activation.find_preset(name)
    saved_at = preset.updated_at.isoformat()
    opened_at = text(body, "updated_at", longest=_LONGEST) or saved_at
    # Nobody is asked for what cannot start anyway: the start itself says why.
    can_start = opened_at == saved_at and canaries.running() is None
    canary = canary_changes.start(
        preset,
        percent,
        caller.author(reason(body)),
        opened_at=opened_at,
        # A canary of another embedding model leaves vectors where they are.
        forced=let_through(caller, body, preset.snapshot() if can_start else None),
    )
    return JsonResponse({"canary": canary_json(canary)}, status=201)


def change(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Let the candidate have another share."""
    body = read_object(request, ("percent", "id"))
    percent = _percent(body)
    canary = canary_changes.change(percent, caller.author(), canary=_meant(body))
    return JsonResponse({"canary": canary_json(canary)})


def promote(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Make live what the canary tries, once its models have answered."""
    body = read_object(request, ("reason", "id", "force"), may_be_empty=True)
    running = canaries.the_running(_meant(body))
    outcome = activation.promote_canary(
        caller.author(reason(body)),
        canary=running.pk,
        forced=pass_gate(caller, body, running.as_snapshot()),
    )
    return JsonResponse(outcome_json(outcome))


def abort(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Send every call to what is live."""
    body = read_object(request, ("reason", "id"), may_be_empty=True)
    who = caller.author(reason(body))
    canary = canary_changes.abort(who, canary=_meant(body))
    return JsonResponse({"canary": canary_json(canary)})


def _with_figures(canary: Canary) -> dict[str, Any]:
    sides = [
        {"title": f.title, "control": f.control, "candidate": f.candidate}
        for f in figures(canary.started_at, with_cost=True)
    ]
    return {**canary_json(canary), "figures": sides}


def _meant(body: dict[str, Any]) -> int | None:
    return whole(body, "id", largest=ID_MAX)


def _percent(body: dict[str, Any]) -> Decimal:
    """Return the percentage of a body; whether it can be one is for the canary to say."""
    value = body.get("percent")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unprocessable("`percent` is a number from 0.5 to 100.")
    return Decimal(str(value))
