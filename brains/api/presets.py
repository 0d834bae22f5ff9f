"""`/api/presets`, `/api/export` and `/api/import`: what is stored."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from brains import activation, live
from brains.api.body import YAML, flag, read_body, read_object, reason, text
from brains.api.door import Caller, Need
from brains.api.errors import Conflict, NotFound, Unprocessable
from brains.api.gates import wants_force
from brains.api.shapes import preset_json, report_json
from brains.as_code import report
from brains.as_code.applying import Imported, import_presets
from brains.as_code.document import Document, read_document
from brains.as_code.entries import NAMES, Entry, Refusal, said
from brains.as_code.plan import Options, Plan, What
from brains.as_code.writing import write_document
from brains.canary.models import Canary
from brains.canary.sentences import ended_json
from brains.errors import PresetChanged
from brains.layers import DIMENSION
from brains.lookup import stored
from brains.models import ModelPreset, Schedule
from brains.preflight import gate
from brains.selection import Selection, resolve
from brains.staff_keys import Scope

VIEW = Need(Scope.READ, "brains.view_modelpreset")
CHANGE = Need(Scope.EDIT, "brains.change_modelpreset")
ADD = Need(Scope.EDIT, "brains.add_modelpreset")
DELETE = Need(Scope.EDIT, "brains.delete_modelpreset")
ACTIVATE = Need(Scope.ACTIVATE, "brains.activate_modelpreset")
PROBE = Need(Scope.PROBE, "brains.probe_modelpreset")
_OF_SCHEDULES = {
    What.ADDED: "brains.add_schedule",
    What.CHANGED: "brains.change_schedule",
    What.REMOVED: "brains.delete_schedule",
}
YAML_TYPE = "application/yaml; charset=utf-8"
# What GET and PUT give beside the fields: PUT takes it back as it was.
_GIVEN = ("is_live", "updated_at", "ended_canary")
_LONGEST = 200


def list_presets(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer with all presets, in the order of their slugs."""
    live_id = activation.live_preset_id()
    presets = ModelPreset.objects.order_by("slug")
    return JsonResponse({"presets": [preset_json(p, live_id) for p in presets]})


def get_preset(request: HttpRequest, caller: Caller, slug: str) -> HttpResponse:
    """Answer with one preset."""
    return _preset_answer(_preset(slug))


def put_preset(request: HttpRequest, caller: Caller, slug: str) -> HttpResponse:
    """Make one preset as the body has it, new or changed: fields left out are blank."""
    body = read_object(request, (*NAMES, *_GIVEN, "reason", "force"))
    options = Options(force=wants_force(caller, body), opened_at=_seen(request, body))
    document, author = _document(body, slug.lower()), caller.author(reason(body))
    done = import_presets(document, author, options, _allowed(caller, options))
    _refuse(done)
    is_new = bool(done.plan.of(What.ADDED))
    return _preset_answer(_preset(slug), 201 if is_new else 200, done.ended_canary)


def delete_preset(request: HttpRequest, caller: Caller, slug: str) -> HttpResponse:
    """Delete one preset that is not live and has no schedule."""
    body = read_object(request, ("updated_at",), may_be_empty=True)
    preset, seen = _preset(slug), _seen(request, body)
    with activation.together():
        stored(preset, seen, gone=PresetChanged)
        if preset.schedules.exists():
            raise Conflict(
                f"{preset.name} has a schedule, which would go with it: delete that first.",
                "preset_has_schedules",
            )
        activation.delete_presets([preset])
    return JsonResponse({"deleted": preset.slug})


def probe(request: HttpRequest, caller: Caller, slug: str) -> HttpResponse:
    """Ask a preset's models now, and answer with what they said."""
    read_object(request, (), may_be_empty=True)
    return JsonResponse(report_json(gate.run(_selection(slug))))


def probed(request: HttpRequest, caller: Caller, slug: str) -> HttpResponse:
    """Answer with the newest check of exactly these models in the last ten minutes."""
    report = gate.newest(_selection(slug))
    if report is None:
        raise NotFound(
            "These models were not asked in the last ten minutes: POST asks them.",
            "not_checked",
        )
    return JsonResponse(report_json(report))


def export(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer with all presets as a file, and the schedules for who may see them."""
    schedules = Schedule.objects.select_related("preset")
    may_see = caller.user.has_perm("brains.view_schedule")
    text = write_document(ModelPreset.objects.all(), schedules if may_see else None)
    return HttpResponse(text, content_type=YAML_TYPE)


def import_(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Make the presets as the file in the body has them, all or none; with `?dry_run=1`
    only tell what that would do."""
    asked, is_dry = request.GET.dict(), flag(request, "dry_run")
    why = reason(asked)
    force = {"force": flag(request, "force"), "reason": why}
    options = Options(
        dry_run=is_dry,
        prune=flag(request, "prune"),
        activate=text(asked, "activate", longest=_LONGEST),
        force=not is_dry and wants_force(caller, force),
    )
    document, author = read_document(read_body(request, YAML)), caller.author(why)
    done = import_presets(document, author, options, _allowed(caller, options))
    _refuse(done)
    return JsonResponse(report.as_json(done))


def _allowed(caller: Caller, options: Options) -> Callable[[Plan], None]:
    """Return what asks, before a plan is carried out, whether the caller may do all of it."""

    def allow(plan: Plan) -> None:
        if plan.of(What.ADDED):
            caller.require(ADD)
        if plan.of(What.REMOVED):
            caller.require(DELETE)
        for what, right in _OF_SCHEDULES.items():
            if plan.of_schedules(what):
                caller.require(Need(Scope.ACTIVATE, right, also=ACTIVATE.permission))
        # As in the admin: who edits what is live changes what is live.
        if plan.touches_live or options.activate:
            caller.require(ACTIVATE)

    return allow


def _refuse(done: Imported) -> None:
    if not done.is_refused:
        return
    first = report.told(done.plan.refusals[0])
    raise Unprocessable(
        f"{report.summary(done)} The first: {first}",
        "import_refused",
        beside={"report": report.as_json(done)},
    )


def _document(body: dict[str, Any], slug: str) -> Document:
    """Return the preset of a JSON body as a document of one."""
    fields = {name: body[name] for name in NAMES if name in body}
    odd = [name for name, value in fields.items() if not _fits(name, value)]
    if odd:
        return Document((), tuple(_odd(name, slug) for name in odd))
    texts = {n: None if v is None else str(v) for n, v in fields.items()}
    if (texts.get("slug") or slug).strip().lower() != slug:
        reason = (
            f"The slug is in the address already, as {slug}, and cannot be changed."
        )
        return Document((), (Refusal(reason, 0, slug, "slug"),))
    return Document((Entry({**texts, "slug": slug}),))


def _odd(name: str, slug: str) -> Refusal:
    kind = "a whole number" if name == DIMENSION.field else "text"
    return Refusal(f"This is to be {kind}, or null for blank.", 0, slug, name)


def _fits(name: str, value: Any) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return (
        value is None
        or isinstance(value, str)
        or (name == DIMENSION.field and is_number)
    )


def _seen(request: HttpRequest, body: dict[str, Any]) -> str | None:
    """Return `updated_at` as the caller saw it: in If-Match or in the body."""
    tag = request.headers.get("If-Match", "").removeprefix("W/").strip('" ')
    given = text(body, "updated_at", longest=_LONGEST)
    return (tag if tag != "*" else "") or given or None


def _selection(slug: str) -> Selection:
    return resolve(_preset(slug).snapshot(), live.ladder())


def _preset(slug: str) -> ModelPreset:
    preset = ModelPreset.objects.filter(slug=slug.lower()).first()
    if preset is None:
        slugs = ", ".join(ModelPreset.objects.values_list("slug", flat=True)) or "none"
        raise NotFound(
            f"There is no preset with the slug {said(slug)}. Slugs: {slugs}.",
            "preset_not_found",
        )
    return preset


def _preset_answer(
    preset: ModelPreset, status: int = 200, ended: Canary | None = None
) -> HttpResponse:
    shape = preset_json(preset, activation.live_preset_id())
    headers = {"ETag": f'"{shape["updated_at"]}"'}
    if ended:
        shape["ended_canary"] = ended_json(ended)
    return JsonResponse(shape, status=status, headers=headers)
