"""What the admin tells people after a change, as plain sentences."""

from brains.activation import Outcome
from brains.models import Activation, ModelPreset
from brains.wording import counted


def after_activating(
    outcome: Outcome, preset: ModelPreset, expected: int | None
) -> str:
    """Say what activating did. `expected` is the revision that was live when the person
    was asked: when it is another one by now, somebody else was faster."""
    newest = outcome.activation
    if newest is None or not outcome.changed:
        revision = newest.revision if newest else 0
        return f"{preset.name} is already live as revision {revision}; nothing changed."
    replaced = outcome.replaced
    if replaced and was_overtaken(outcome, expected):
        return (
            f"{meanwhile(replaced)}; {preset.name} has replaced it "
            f"as revision {newest.revision}."
        )
    return f"{preset.name} is live as revision {newest.revision}{_instead_of(outcome)}."


def after_deactivating(outcome: Outcome, expected: int | None) -> str:
    """Say what deactivating did; `expected` is as in `after_activating`."""
    newest, replaced = outcome.activation, outcome.replaced
    if newest is None or replaced is None or not outcome.changed:
        return "No preset is live; nothing changed."
    if was_overtaken(outcome, expected):
        return f"{meanwhile(replaced)}; revision {newest.revision} has deactivated it."
    return (
        f"{replaced.preset_name} is no longer live. Since revision {newest.revision} every "
        "value comes from the environment, .env or the built-in defaults."
    )


def after_saving_live(preset: ModelPreset, activation: Activation) -> str:
    """Say that saving a live preset changed what is served."""
    return f"{preset.name} is live: saved as revision {activation.revision}."


def meanwhile(activation: Activation) -> str:
    """Say what somebody else did since the person was asked."""
    what = activation.preset_name or "the live preset"
    verb = activation.get_action_display()
    return (
        f"{activation.by_name} {verb} {what} (revision {activation.revision}) meanwhile"
    )


def refusal_to_delete(preset: ModelPreset) -> str:
    """Say why a live preset stays, and what to do first."""
    return (
        f"{preset.name} is live and cannot be deleted. Activate another preset, or "
        "deactivate it, first."
    )


def what_is_live(activation: Activation | None) -> str:
    """Say what is live, as the head of the list does."""
    if activation is None or activation.preset_name is None:
        return (
            "No preset is live: every value comes from the environment, .env or the "
            "built-in defaults."
        )
    return f"{activation.preset_name} is live as revision {activation.revision}."


def nothing_to_do(preset: ModelPreset | None, activation: Activation | None) -> str:
    """Say that what is asked for is so already: `preset` (None: no preset) is live."""
    if preset is None or activation is None:
        return f"{what_is_live(None)} There is nothing to deactivate."
    revision = activation.revision
    return f"{preset.name} is already live as revision {revision}, as it is saved now."


def question(preset: ModelPreset | None, live: str | None, changed: int) -> str:
    """Say what is about to happen: `preset` (None: no preset) would follow `live`."""
    effect = (
        f"{counted(changed, 'value')} would change." if changed else "No value changes."
    )
    if preset is None:
        return f"No preset would be live after this. {effect}"
    if live == preset.name:
        return f"{live} is live, but not as it is saved now. {effect}"
    replacing = f"replace {live}" if live else "become live; no preset is live now"
    return f"{preset.name} would {replacing}. {effect}"


def edited_meanwhile(preset: ModelPreset) -> str:
    """Say that a preset is not what it was when the person was asked."""
    return (
        f"{preset.name} was edited after you opened this page, so nothing was activated. "
        "This is the change as it would be now."
    )


def was_overtaken(outcome: Outcome, expected: int | None) -> bool:
    """Say whether another revision than the expected one was replaced."""
    replaced = outcome.replaced
    return bool(replaced and expected is not None and replaced.revision != expected)


def _instead_of(outcome: Outcome) -> str:
    before = outcome.replaced.preset_name if outcome.replaced else None
    if before is None:
        return "; no preset was live before"
    if outcome.activation and before == outcome.activation.preset_name:
        return ", as it is saved now"
    return f", replacing {before}"
