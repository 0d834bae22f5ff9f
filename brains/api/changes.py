"""The doors of `/api/` that change what is live. Each makes one change, in one call of
`brains/activation.py`."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse

from brains import activation
from brains.api.body import read_object, reason, required, text, whole
from brains.api.door import Caller, Need
from brains.api.errors import Conflict
from brains.api.gates import pass_gate
from brains.api.shapes import outcome_json
from brains.staff_keys import Scope
from brains.ways_back import find_revision

ACTIVATE = Need(Scope.ACTIVATE, "brains.activate_modelpreset")
CONFIRM = Need(Scope.ACTIVATE, "brains.confirm_modelpreset")
ROLL_BACK = Need(Scope.ACTIVATE, "brains.roll_back_modelpreset")
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
        forced=opened_at == saved_at and pass_gate(caller, body, preset.snapshot()),
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
    return _of_trial(outcome, revision)


def revert(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Go back from what is live on trial, before its time is up."""
    body = read_object(request, ("revision", "reason"), may_be_empty=True)
    revision = whole(body, "revision", largest=REVISION_MAX)
    newest = activation.latest()
    meant = revision or (newest.revision if newest else 0)
    outcome = activation.revert(caller.author(reason(body)), revision=meant)
    return _of_trial(outcome, revision)


def roll_back(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Make what an earlier revision had live again."""
    body = read_object(request, ("revision", "reason", "force"))
    revision = whole(body, "revision", largest=REVISION_MAX)
    required(revision, "revision")
    target = find_revision(revision or 0)
    outcome = activation.roll_back(
        target.revision,
        caller.author(reason(body)),
        forced=pass_gate(caller, body, target.as_snapshot()),
    )
    return JsonResponse(outcome_json(outcome))


def _of_trial(outcome: activation.Outcome, meant: int | None) -> HttpResponse:
    """Answer what became of a trial. Raises Conflict when another revision than the one
    that was meant is live."""
    live = outcome.activation.revision if outcome.activation else 0
    if meant and not outcome.changed and meant != live:
        raise Conflict(
            f"Revision {meant} is not live: {live} is. Nothing was changed.",
            "revision_not_live",
        )
    return JsonResponse(outcome_json(outcome))
