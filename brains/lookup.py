"""Finds a preset: by what people call it, by what it was called, and as it is stored now."""

from typing import Any

from django.db.models import QuerySet

from brains.canary.models import Canary
from brains.errors import BrainError, PresetChanged, PresetNotFound
from brains.models import Activation, ModelPreset
from brains.values import shown
from brains.wording import exact


def find_preset(name: str) -> ModelPreset:
    """Return the preset with this name (without regard to case) or slug.

    Raises PresetNotFound with the names that exist.
    """
    presets = list(ModelPreset.objects.all())
    # Compared here: SQLite knows the case of ASCII letters only.
    wanted = name.strip().casefold()
    by_slug = {preset.slug: preset for preset in presets}
    by_name = {preset.name.casefold(): preset for preset in presets}
    if preset := by_name.get(wanted) or by_slug.get(wanted):
        return preset
    names = ", ".join(preset.name for preset in presets) or "none"
    raise PresetNotFound(f"There is no preset {shown(name)}. Presets: {names}.")


def earlier_names(preset: ModelPreset) -> list[str]:
    """Return the other names under which a preset was live or tried; none that another
    preset has, or had when it was live."""
    lived = Activation.objects.filter(preset=preset)
    had = _named(lived) | _named(Canary.objects.filter(preset=preset))
    others = _named(Activation.objects.exclude(preset=preset))
    return sorted(
        had - others - set(ModelPreset.objects.values_list("name", flat=True))
    )


def _named(rows: "QuerySet[Any]") -> set[str]:
    """Return the names of presets in rows that have a snapshot."""
    named = rows.order_by().values_list("snapshot__name", flat=True)
    return {name for name in named.distinct() if name}


def stored(
    preset: ModelPreset,
    opened_at: str | None,
    gone: type[BrainError] = PresetNotFound,
) -> ModelPreset:
    """Return a preset as it is stored now. Raises `gone` when somebody has deleted it, and
    PresetChanged when somebody saved it since `opened_at` (its `updated_at`, ISO 8601)."""
    found = ModelPreset.objects.filter(pk=preset.pk).first()
    if found is None:
        raise gone(f"{preset.name} was deleted by somebody else.")
    _refuse_stale(found, opened_at)
    return found


def _refuse_stale(stored: ModelPreset, opened_at: str | None) -> None:
    if opened_at in (None, stored.updated_at.isoformat()):
        return
    raise PresetChanged(
        f"{stored.name} was changed by somebody else at {exact(stored.updated_at)}, "
        "after you opened this form. Open it again and repeat your change."
    )
