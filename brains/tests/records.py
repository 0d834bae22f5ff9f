"""What tests ask the database about presets and the history of what was live."""

from datetime import datetime
from typing import Any

from brains import activation, live
from brains.activation import Author
from brains.models import Activation, ChangeCounter, ModelPreset

ANN = Author("ann", reason="cheaper")


def preset(name: str) -> ModelPreset:
    """Return the preset with this name as it is stored."""
    return ModelPreset.objects.get(name=name)


def newest() -> Activation:
    """Return the live activation; there must be one."""
    found = activation.latest()
    assert found is not None
    return found


def trial_end() -> datetime:
    """Return when what is live on trial ends."""
    ends_at = newest().confirm_by
    assert ends_at is not None
    return ends_at


def count() -> int:
    """Return the change counter."""
    return ChangeCounter.objects.get().value


def revisions() -> list[tuple[int, str, str | None]]:
    """Return revision, action and preset's name of each activation, oldest first."""
    rows = Activation.objects.order_by("revision")
    return [(row.revision, row.action, row.preset_name) for row in rows]


def live_models() -> tuple[str | None, str]:
    """Load what is live and return the preset's name and the model of L1."""
    selection = live.load().selection
    return selection.preset, selection.choice("l1").value


def everything() -> tuple[list[Any], ...]:
    """Return all that a change may touch, as it stands in the database."""
    return (
        list(Activation.objects.order_by("pk").values()),
        list(ModelPreset.objects.order_by("pk").values()),
        list(ChangeCounter.objects.values()),
    )
