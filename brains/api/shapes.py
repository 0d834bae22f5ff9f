"""Presets, changes, revisions, canaries and checks as JSON. A blank value is null: it is
inherited."""

from typing import Any

from brains.activation import Outcome
from brains.canary.models import Canary
from brains.canary.sentences import ended_json
from brains.layers import FIELDS
from brains.models import Activation, ModelPreset
from brains.preflight.findings import as_json as finding_json
from brains.preflight.gate import Report


def preset_json(preset: ModelPreset, live_id: int | None) -> dict[str, Any]:
    """Return a preset; `updated_at` is what If-Match takes."""
    return {
        "name": preset.name,
        "slug": preset.slug,
        "description": preset.description or None,
        **{name: getattr(preset, name) or None for name in FIELDS},
        "is_live": preset.pk == live_id,
        "updated_at": preset.updated_at.isoformat(),
    }


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Return what a change did: what is live now, and what it replaced."""
    live = outcome.activation
    replaced = outcome.replaced if outcome.changed else None
    return {
        "changed": outcome.changed,
        "revision": live.revision if live else 0,
        "preset": live.preset_name if live else None,
        "confirm_by": _moment(live, "confirm_by"),
        "replaced": {"revision": replaced.revision, "preset": replaced.preset_name}
        if replaced
        else None,
        "ended_canary": ended_json(outcome.ended_canary),
    }


def revision_json(activation: Activation) -> dict[str, Any]:
    """Return a revision of the history: who did what, why, and what was effective then."""
    return {
        "revision": activation.revision,
        "action": activation.action,
        "preset": activation.preset_name,
        "by": activation.by_name,
        "reason": activation.reason or None,
        "forced": activation.forced,
        "created_at": activation.created_at.isoformat(),
        "restores": activation.restores,
        "confirm_by": _moment(activation, "confirm_by"),
        "returns_to": activation.returns_to,
        "resolved": {
            field: {"value": value, "source": source}
            for field, (value, source) in activation.resolved.items()
        },
    }


def canary_json(canary: Canary) -> dict[str, Any]:
    """Return a canary; `ended` is null while it runs."""
    return {
        "id": canary.pk,
        "preset": canary.preset_name,
        "slug": canary.snapshot["slug"],
        "percent": float(canary.percent),
        "by": canary.started_by_name,
        "reason": canary.reason or None,
        "forced": canary.forced,
        "started_at": canary.started_at.isoformat(),
        "ended": {
            "how": canary.how,
            "at": canary.ended_at.isoformat() if canary.ended_at else None,
            "by": canary.ended_by_name,
            "revision": canary.ended_with,
        }
        if canary.how
        else None,
    }


def report_json(report: Report) -> dict[str, Any]:
    """Return a check of models, as far as it has come."""
    return {
        "is_over": report.is_over,
        "has_passed": report.has_passed,
        "finished_at": report.finished_at.isoformat() if report.finished_at else None,
        "findings": [finding_json(each) for each in report.findings],
        "refusals": report.refusals,
        "warnings": report.warnings,
    }


def _moment(activation: Activation | None, name: str) -> str | None:
    moment = getattr(activation, name, None)
    return moment.isoformat() if moment else None
