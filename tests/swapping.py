"""`python -m tests.swapping COUNT PAUSE_S`: activate two presets in turn, as another
process would, and print a line of JSON for each: its revision, preset and commit time.

The presets, Day and Night, differ in every layer: day/l1, night/embedding and so on."""

import json
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aura_site.settings")
django.setup()

from brains.activation import Author, activate, save_preset  # noqa: E402
from brains.layers import LAYERS  # noqa: E402
from brains.models import ModelPreset  # noqa: E402

AUTHOR = Author("swapping")


def main(count: int, pause_s: float) -> None:
    """Activate Day and Night in turn, `count` times."""
    presets = [_made("Day"), _made("Night")]
    for number in range(count):
        preset = presets[number % 2]
        outcome = activate(preset, AUTHOR)
        committed = time.time()
        assert outcome.activation is not None
        seen = {"revision": outcome.activation.revision, "preset": preset.name}
        print(json.dumps({**seen, "at": committed}), flush=True)
        time.sleep(pause_s)


def _made(name: str) -> ModelPreset:
    models = {layer.model.field: f"{name.lower()}/{layer.name}" for layer in LAYERS}
    preset = ModelPreset(name=name, **models)
    save_preset(preset, AUTHOR)
    return preset


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
