"""What a notice of a change says: to programs as JSON, to people as a sentence."""

from typing import Any

from brains.models import Activation

_WORDS = {
    "activate": "{by} activated {preset}.",
    "deactivate": "{by} deactivated the preset.",
    "edit": "{by} edited {preset} while it was live.",
    "roll_back": "{by} rolled back to revision {restores} ({preset}).",
    "confirm": "{by} confirmed {preset}.",
    "auto_revert": "{by} went back to {what}.",
}


def payload(activation: Activation) -> dict[str, Any]:
    """Return a change as a webhook tells it."""
    return {
        "type": f"selection.{activation.action}",
        "timestamp": activation.created_at.isoformat(),
        "data": {
            "revision": activation.revision,
            "preset": activation.preset_name,
            "by": activation.by_name,
            "reason": activation.reason,
            "restores": activation.restores,
            "confirm_by": activation.confirm_by and activation.confirm_by.isoformat(),
            "values": {field: kept[0] for field, kept in activation.resolved.items()},
        },
    }


def subject(activation: Activation) -> str:
    """Return a change as the subject of an e-mail."""
    return f"Aura: {activation.preset_name or 'no preset'} is live (revision {activation.revision})"


def text(activation: Activation) -> str:
    """Return a change as the body of an e-mail."""
    name = activation.preset_name or "no preset"
    restores = activation.restores
    lines = [
        _WORDS[activation.action].format(
            by=activation.by_name,
            preset=name,
            restores=restores,
            what=f"revision {restores} ({name})" if restores else name,
        )
    ]
    if activation.reason:
        lines.append(f"Why: {activation.reason}")
    if activation.confirm_by:
        ends = f"{activation.confirm_by:%Y-%m-%d %H:%M:%S} UTC"
        lines.append(f"It is on trial, and ends at {ends} unless somebody confirms it.")
    lines.append("")
    lines += [
        f"{field}: {kept[0] or '-'}" for field, kept in activation.resolved.items()
    ]
    return "\n".join(lines)
