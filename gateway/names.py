"""The names that clients ask for: a layer, a layer of a certain preset, or an alias for
one. Nothing else is a model here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brains.layers import LAYERS
from brains.live import Live
from brains.selection import Selection
from gateway.errors import BadRequest, ModelNotFound
from gateway.spelling import parse_layer

SHOWN = 200
LISTED = tuple(f"{form}{layer.name}" for layer in LAYERS for form in ("aura/", "aura-"))


@dataclass(frozen=True, slots=True)
class Target:
    """What a name leads to: a layer, and the selection that serves it."""

    asked: str
    layer: str
    selection: Selection
    canary: str = ""
    """The side of a canary that it is on: "control", "candidate", or "" for neither."""


def find_target(asked: Any, live: Live, aliases: Mapping[str, str]) -> Target:
    """Return what the `model` of a request leads to.

    Raises BadRequest when it is no text, ModelNotFound when it leads nowhere.
    """
    if not isinstance(asked, str) or not asked:
        raise BadRequest("Give `model`, such as aura/l3.", param="model")
    layer, slug = parse_layer(asked)
    if layer is None:
        alias = aliases.get(asked) or aliases.get("*")
        layer, slug = parse_layer(alias) if alias else (None, "")
    if layer is None:
        raise ModelNotFound(f"There is no model {_shown(asked)}. {_choices(live)}")
    if not slug:
        return Target(asked, layer, live.selection)
    if slug not in live.presets:
        raise ModelNotFound(f"There is no preset {_shown(slug)}. {_choices(live)}")
    return Target(asked, layer, live.presets[slug])


def _choices(live: Live) -> str:
    slugs = ", ".join(sorted(live.presets)) or "none"
    return f"Ask for aura/l1, aura/l2, aura/l3 or aura/embedding, or with a preset: aura/l3@SLUG ({slugs})."


def _shown(name: str) -> str:
    return ascii(name[:SHOWN])
