"""`/api/schedules`: presets that are live at certain hours."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from brains import activation
from brains.api.body import read_object, required, text
from brains.api.door import Caller, Need
from brains.api.errors import NotFound, Unprocessable
from brains.schedules.models import Schedule
from brains.schedules.next_turn import next_turn, stored
from brains.schedules.wording import after_deleting, after_saving
from brains.schedules.written import FIELDS, NAMES, as_json, schedule_from
from brains.staff_keys import Scope

# As in the admin: who changes the hours of presets changes what is live.
_ACTIVATE = "brains.activate_modelpreset"
VIEW = Need(Scope.READ, "brains.view_schedule")
ADD = Need(Scope.ACTIVATE, "brains.add_schedule", also=_ACTIVATE)
DELETE = Need(Scope.ACTIVATE, "brains.delete_schedule", also=_ACTIVATE)
_LONGEST = 200


def list_schedules(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer with all schedules; of several that are on, the first is live."""
    rows = stored()
    turn = next_turn(rows, timezone.now())
    return JsonResponse({"schedules": [as_json(row, turn) for row in rows]})


def create(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Make a schedule, and say what it does: its first turn is taken within the minute."""
    body = read_object(request, NAMES)
    name = text(body, "preset", longest=_LONGEST)
    required(name, "preset")
    texts = {field: _text(body, field) for field in FIELDS}
    row, problems = schedule_from(activation.find_preset(name), texts)
    if problems:
        field, reason = problems[0]
        raise Unprocessable(f"`{field}`: {reason}")
    row.save()
    shape = {**_shape(row), "says": after_saving(row, timezone.now())}
    return JsonResponse(shape, status=201)


def delete(request: HttpRequest, caller: Caller, pk: int) -> HttpResponse:
    """Delete a schedule. What it made live stays live."""
    row = Schedule.objects.select_related("preset").filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no schedule {pk}.", "schedule_not_found")
    shape = _shape(row)
    row.delete()
    says = after_deleting(row, timezone.now()) or None
    return JsonResponse({"deleted": shape, "says": says})


def _shape(row: Schedule) -> dict[str, Any]:
    return as_json(row, next_turn(stored(), timezone.now()))


def _text(body: dict[str, Any], field: str) -> str:
    value = body.get(field)
    if field == "enabled" and isinstance(value, bool):
        return "true" if value else "false"
    return text(body, field, longest=_LONGEST)
