"""What one can think with in the playground: what is live, and each preset for one turn."""

from typing import Any

from brains.layers import EMBEDDING, LAYERS
from brains.live import Live
from brains.selection import Selection

Json = dict[str, Any]

SPEAKING = tuple(layer.name for layer in LAYERS if layer is not EMBEDDING)
"""The embedding is always the one that is live: there is one memory."""


def choices(live: Live) -> Json:
    """Return what is live, and every preset by its slug, each with its models."""
    presets = sorted(live.presets.items(), key=lambda item: item[1].preset or "")
    return {
        "live": _choice(live.selection),
        "presets": {slug: _choice(selection) for slug, selection in presets},
    }


def _choice(selection: Selection) -> Json:
    return {
        "preset": selection.preset,
        "revision": selection.revision,
        "models": {name: selection.choice(name).value for name in SPEAKING},
    }
