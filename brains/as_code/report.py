"""What an import did, as text for people and as JSON for programs."""

from collections.abc import Iterator, Mapping
from typing import Any

from brains import live
from brains.as_code.applying import Imported
from brains.as_code.entries import Refusal, said
from brains.as_code.plan import ScheduleStep, Step, What
from brains.models import ModelPreset
from brains.schedules.written import texts_of
from brains.selection import resolve
from brains.unanswered import away, not_reached, warnings_about
from brains.wording import counted

STAYING = (What.ADDED, What.CHANGED, What.UNCHANGED)
_WIDTH = len(What.UNCHANGED) + 2


def as_json(imported: Imported) -> dict[str, Any]:
    """Return the report; a blank value is null."""
    return {
        "applied": imported.is_applied,
        "dry_run": imported.options.dry_run,
        "revision": imported.revision,
        "presets": [_step_json(step) for step in imported.plan.steps],
        "schedules": [_hours_json(step) for step in imported.plan.schedules],
        "refused": [_refusal_json(refusal) for refusal in imported.plan.refusals],
    }


def as_text(imported: Imported) -> str:
    """Return the report as lines: a preset each, its fields below it and what of it cannot
    be served as it is, then the sum."""
    known = not_reached()
    lines = [line for step in imported.plan.steps for line in _step_lines(step, known)]
    lines += [
        line for step in imported.plan.schedules for line in _schedule_lines(step)
    ]
    lines += [f"{'refused':<{_WIDTH}}{told(r)}" for r in imported.plan.refusals]
    return "\n".join([*lines, summary(imported)])


def summary(imported: Imported) -> str:
    """Say in a sentence or two what came of it."""
    if imported.is_refused:
        refused = counted(len(imported.plan.refusals), "thing")
        return f"Nothing was changed: {refused} refused."
    sums = [f"{len(imported.plan.of(what))} {what}" for what in What]
    counts = ", ".join(text for text in sums if not text.startswith("0 "))
    counts = f"{counts or 'no presets'}{_of_schedules(imported)}"
    if imported.options.dry_run:
        return f"Would be: {counts}.{_activation(imported)} Nothing was changed."
    live = f" Live as revision {imported.revision}." if imported.revision else ""
    return f"Done: {counts}.{live}"


def told(refusal: Refusal) -> str:
    """Return a refusal as in "line 7, Budget, l1_model: ..."."""
    line = f"line {refusal.line}" if refusal.line else ""
    place = ", ".join(part for part in (line, refusal.preset, refusal.field) if part)
    return f"{place}: {refusal.reason}" if place else refusal.reason


def _activation(imported: Imported) -> str:
    name = imported.options.activate
    return f" Then {said(name)} would be activated." if name else ""


def _step_lines(step: Step, known: Mapping[str, str]) -> Iterator[str]:
    preset = step.preset
    why = ": it is live and not removed" if step.what is What.KEPT else ""
    yield f"{step.what:<{_WIDTH}}{said(preset.name)} ({preset.slug}){why}"
    for change in step.changes:
        after = _value(change.after)
        if step.what is What.ADDED:
            yield f"{'':<{_WIDTH}}{change.field}: {after}"
        else:
            yield f"{'':<{_WIDTH}}{change.field}: {_value(change.before)} -> {after}"
    if step.what in STAYING and (warning := _warning(preset, known)):
        yield f"{'':<{_WIDTH}}warning: {warning}"


def _warning(preset: ModelPreset, known: Mapping[str, str]) -> str:
    """Say what of a preset cannot be served as it is; "" for nothing that is known."""
    selection = resolve(preset.snapshot(), live.ladder())
    lacking = warnings_about(selection, "As it is,")
    return " ".join([*lacking, *(said for _, said in away(selection, known))])


def _schedule_lines(step: ScheduleStep) -> Iterator[str]:
    yield f"{step.what:<{_WIDTH}}schedule: {said(str(step.schedule))}"
    for change in step.changes:
        yield f"{'':<{_WIDTH}}{change.field}: {change.before} -> {change.after}"


def _of_schedules(imported: Imported) -> str:
    plan = imported.plan
    sums = [(len(plan.of_schedules(what)), what) for what in What]
    counts = ", ".join(f"{count} {what}" for count, what in sums if count)
    return f"; of schedules {counts}" if counts else ""


def _value(text: str) -> str:
    return said(text) if text else "(blank)"


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "what": str(step.what),
        "name": step.preset.name,
        "slug": step.preset.slug,
        "changes": [
            {"field": c.field, "before": c.before or None, "after": c.after or None}
            for c in step.changes
        ],
    }


def _hours_json(step: ScheduleStep) -> dict[str, Any]:
    return {
        "what": str(step.what),
        "preset": step.schedule.preset.slug,
        **texts_of(step.schedule),
        "enabled": step.schedule.is_enabled,
        "changes": [
            {"field": c.field, "before": c.before, "after": c.after}
            for c in step.changes
        ],
    }


def _refusal_json(refusal: Refusal) -> dict[str, Any]:
    return {
        "line": refusal.line or None,
        "preset": refusal.preset or None,
        "field": refusal.field or None,
        "reason": refusal.reason,
    }
