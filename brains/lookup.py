"""Finds a preset by what people call it."""

from brains.errors import PresetNotFound
from brains.models import ModelPreset
from brains.values import shown


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
