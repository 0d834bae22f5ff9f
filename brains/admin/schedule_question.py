"""The question before a schedule is saved that changes what is live within a minute: it is
saved only by the button of that question."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from brains import embedding_lock, live
from brains.admin.activation_pages import effect_of
from brains.admin.effective import standing
from brains.models import Activation
from brains.schedules.models import Schedule
from brains.schedules.next_turn import Turn, turn_by_saving
from brains.schedules.wording import said_of_turn
from brains.selection import Snapshot, resolve

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

CONFIRMED = "confirmed"
"""What the button sends: the sentence that was read. One that says something else by then is
asked anew."""
_TEMPLATE = "admin/brains/schedule/confirm.html"
_NOT_SENT_AGAIN = ("csrfmiddlewaretoken", CONFIRMED)


def question(
    admin: "ModelAdmin[Schedule]", request: HttpRequest, object_id: str | None
) -> TemplateResponse | None:
    """Return the question, when a sent form is to be asked about; else None: it can be saved
    as it is, or it is refused anyway."""
    schedule = _sent(admin, request, object_id)
    now = timezone.now()
    turn = turn_by_saving(schedule, now) if schedule else None
    if turn is None or not turn.changes_live:
        return None
    sentence = said_of_turn(turn, now)
    if request.POST.get(CONFIRMED) == sentence:
        return None
    context = {
        **admin.admin_site.each_context(request),
        **_shown(turn),
        "sentence": sentence,
        "sent": _sent_again(request),
        "opts": admin.opts,
        "list_url": reverse("admin:brains_schedule_changelist"),
    }
    return TemplateResponse(request, _TEMPLATE, context)


def _sent(
    admin: "ModelAdmin[Schedule]", request: HttpRequest, object_id: str | None
) -> Schedule | None:
    """Return the schedule as a sent form has it; None where it is not to be saved."""
    kept = admin.get_object(request, object_id) if object_id else None
    if object_id is None:
        may = admin.has_add_permission(request)
    else:
        may = kept is not None and admin.has_change_permission(request, kept)
    if not may:
        return None
    form = admin.get_form(request, kept, change=kept is not None)
    sent = form(request.POST, instance=kept)
    return sent.instance if sent.is_valid() else None


def _shown(turn: Turn) -> dict[str, Any]:
    """Return what the page shows: each value now and then, what to mind, and the button."""
    now, then = standing(), _snapshot_after(turn)
    before = now.activation.as_snapshot() if now.activation else None
    lock = embedding_lock.refusal(before, then)
    effect = effect_of(
        now.selection, resolve(then, live.ladder()), said=str(lock or "")
    )
    verb = f"make {turn.begins.preset} live" if turn.begins else "end it now"
    return {
        "title": f"Save this schedule, and {verb}?",
        "button": f"Save, and {verb}",
        "lock": lock,
        **effect,
    }


def _snapshot_after(turn: Turn) -> Snapshot | None:
    """Return what would be live within a minute."""
    if turn.begins:
        return turn.begins.preset.snapshot()
    returns_to = turn.ends.returns_to if turn.ends else None
    before = Activation.objects.filter(revision=returns_to or 0).first()
    return before.as_snapshot() if before else None


def _sent_again(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in _NOT_SENT_AGAIN
        for value in values
    ]
