"""What is effective by the database's newest revision, and what would be with a preset:
the two sides that the admin's pages compare. `selection.resolve` answers both."""

from dataclasses import dataclass

from brains import activation, live
from brains.models import Activation, ModelPreset
from brains.selection import Selection, resolve
from brains.status_providers import provider_problems
from brains.unanswered import warnings_about


@dataclass(frozen=True)
class Standing:
    """The live activation (None: never any) and what it resolves to in this process."""

    activation: Activation | None
    selection: Selection

    def is_preset(self, preset: ModelPreset) -> bool:
        """Say whether this preset is the live one."""
        return self.activation is not None and self.activation.preset_id == preset.pk

    def serves(self, preset: ModelPreset) -> bool:
        """Say whether this preset is live exactly as it is saved now."""
        if self.activation is None or not self.is_preset(preset):
            return False
        return self.activation.as_snapshot() == preset.snapshot()


def standing() -> Standing:
    """Return what is effective now."""
    newest = activation.latest()
    snapshot = newest.as_snapshot() if newest else None
    revision = newest.revision if newest else 0
    return Standing(newest, resolve(snapshot, live.ladder(), revision=revision))


def selection_of(preset: ModelPreset | None) -> Selection:
    """Return what would be effective with `preset` live; None for no preset."""
    return resolve(preset.snapshot() if preset else None, live.ladder())


def troubles_now(selection: Selection) -> list[str]:
    """Return, as sentences, why what is live cannot answer, as far as the status page knows:
    a provider is not set up, or did not answer when it was last asked."""
    unanswered = [f"{p.reason} {p.hint}" for p in provider_problems(selection)]
    return [*warnings_about(selection, "Now"), *unanswered]
