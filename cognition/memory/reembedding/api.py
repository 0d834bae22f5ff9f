"""`/api/reembedding`: what the pages of re-embedding do, for scripts with a staff key: begin
one, see how far it is, pause, resume and cancel it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from brains import activation, live
from brains.api.body import read_object, reason, required, text, whole
from brains.api.door import Caller, Need
from brains.api.errors import Conflict
from brains.space import space_of
from brains.staff_keys import Scope
from cognition.memory.reembedding import plans, wording
from cognition.memory.reembedding.counts import lacking
from cognition.memory.reembedding.errors import ReEmbeddingOpen, ReEmbeddingRefused
from cognition.memory.reembedding.models import ReEmbedding

VIEW = Need(Scope.READ, "cognition.view_reembedding")
# As in the admin: it ends by changing what is live.
CHANGE = Need(Scope.ACTIVATE, "brains.activate_modelpreset")
ID_MAX = 2**63 - 1
_LONGEST = 200


def show(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer with the re-embedding that is open, the last one that is over, and how many
    memories have no vector of what is effective."""
    now, running = space_of(live.peek().selection), plans.open_plan()
    last = ReEmbedding.objects.exclude(state__in=ReEmbedding.OPEN).first()
    return JsonResponse(
        {
            "reembedding": plan_json(running) if running else None,
            "last": plan_json(last) if last else None,
            "effective": {**asdict(now), "lacking": lacking(now).count()},
        }
    )


def begin(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Begin to re-embed for a preset, once its models have answered; without one, to embed
    what has no vector of what is effective."""
    body = read_object(request, ("preset", "reason", "updated_at"), may_be_empty=True)
    name = text(body, "preset", longest=_LONGEST)
    if body.get("preset") is not None:
        required(name, "preset")
    author = caller.author(reason(body))
    preset = activation.find_preset(name) if name else None
    opened_at = text(body, "updated_at", longest=_LONGEST)
    if preset:
        opened_at = opened_at or preset.updated_at.isoformat()
    with _refusals():
        if preset:
            plans.ask_first(preset, opened_at)
        plan = plans.begin(preset, author, opened_at=opened_at or None)
    return JsonResponse({"reembedding": plan_json(plan)}, status=201)


def pause(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Let it rest. What is embedded is kept."""
    return _changed(request, "pause", plans.pause)


def resume(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Let it go on, and try its provider at once."""
    return _changed(request, "resume", plans.resume)


def cancel(request: HttpRequest, caller: Caller) -> HttpResponse:
    """End it. What is live stays as it is."""
    return _changed(request, "cancel", lambda plan: plans.cancel(plan, caller.author()))


def plan_json(plan: ReEmbedding, now: datetime | None = None) -> dict[str, Any]:
    """Return a re-embedding, and how far it is; `ended` is null while it is open."""
    rate = wording.rate(plan, now or timezone.now())
    return {
        "id": plan.pk,
        "preset": plan.name or None,
        "slug": plan.snapshot["slug"] if plan.snapshot else None,
        "state": plan.state,
        "says": wording.doing(plan),
        "from": asdict(plan.from_space),
        "to": asdict(plan.space),
        "total": plan.total,
        "done": plan.done,
        "refused": len(plan.refused),
        "per_second": round(rate, 3) if rate else None,
        "seconds_left": round((plan.total - plan.done) / rate) if rate else None,
        "cost_usd": plan.cost_usd,
        "failing_since": _moment(plan.failing_since),
        "by": plan.by_name,
        "reason": plan.reason or None,
        "began_at": _moment(plan.began_at),
        "ended": None
        if plan.is_open
        else {"at": _moment(plan.ended_at), "revision": plan.revision},
    }


def _changed(
    request: HttpRequest, step: str, change: Callable[[ReEmbedding], None]
) -> HttpResponse:
    body = read_object(request, ("id",), may_be_empty=True)
    plan = _meant(whole(body, "id", largest=ID_MAX), step)
    with _refusals():
        change(plan)
    return JsonResponse({"reembedding": plan_json(plan)})


def _meant(pk: int | None, step: str) -> ReEmbedding:
    """Return the one that is open, if it is the one that was meant."""
    plan = plans.open_plan()
    if plan is None:
        said = f"Nothing is re-embedded: there is nothing to {step}."
        raise Conflict(said, "no_reembedding")
    if pk not in (None, plan.pk):
        said = f"Re-embedding {pk} is not open: {plan.pk} is. Nothing was changed."
        raise Conflict(said, "no_reembedding")
    return plan


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ReEmbeddingOpen as refused:
        raise Conflict(str(refused), "reembedding_open") from refused
    except ReEmbeddingRefused as refused:
        raise Conflict(str(refused), "reembedding_refused") from refused


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
