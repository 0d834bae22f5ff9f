"""The doors of `/api/` that change what is live. Each makes one change, in one call of
`brains/activation.py`."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse

from brains import activation
from brains.api.body import read_object, reason, required, text, whole
from brains.api.door import Caller, Need
from brains.api.errors import Conflict
from brains.api.shapes import outcome_json
from brains.staff_keys import Scope

ACTIVATE = Need(Scope.ACTIVATE, "brains.activate_modelpreset")
CONFIRM = Need(Scope.ACTIVATE, "brains.confirm_modelpreset")
ROLL_BACK = Need(Scope.ACTIVATE, "brains.roll_back_modelpreset")
MINUTES_MAX = 7 * 24 * 60
REVISION_MAX = 2_147_483_647
_LONGEST = 200


def activate(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Make a preset live; with `minutes`, for so long unless it is confirmed."""
    body = read_object(request, ("preset", "reason", "minutes", "updated_at"))
    name = text(body, "preset", longest=_LONGEST)
    required(name, "preset")
    minutes = whole(body, "minutes", largest=MINUTES_MAX)
    outcome = activation.activate(
        activation.find_preset(name),
        caller.author(reason(body)),
        opened_at=text(body, "updated_at", longest=_LONGEST) or None,
        trial=timedelta(minutes=minutes) if minutes else None,
    )
    return JsonResponse(outcome_json(outcome))


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
