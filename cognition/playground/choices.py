"""What one can think with in the playground: what is live, and each preset for one turn; and
which of them cannot answer as providers are set up, with the mend."""

from collections.abc import Mapping
from typing import Any

from brains.canary.split import shown_percent
from brains.layers import EMBEDDING, L3, LAYERS, Layer
from brains.live import Live
from brains.selection import Selection
from brains.serving import what_keeps
from brains.wording import listed
from cognition.doors.thinking import candidate_of
from providers.registry import Provider

Json = dict[str, Any]

SPEAKING = tuple(layer for layer in LAYERS if layer is not EMBEDDING)
"""The embedding is always the one that is live: there is one memory."""


def choices(live: Live, person: str) -> Json:
    """Return what is live, the canary beside it (None: no canary runs), and every preset by
    its slug, each with its models."""
    presets = sorted(live.presets.items(), key=lambda item: item[1].preset or "")
    return {
        "live": _choice(live.selection),
        "canary": _canary(live, person),
        "presets": {slug: _choice(selection) for slug, selection in presets},
    }


def _canary(live: Live, person: str) -> Json | None:
    """Return the candidate, its share, and whether it is this person's turns that it thinks
    while what is live is chosen."""
    if (canary := live.canary) is None:
        return None
    return {
        **_choice(candidate_of(canary, live.selection)),
        "share": shown_percent(canary.percent),
        "is_yours": canary.takes(f"user {person}"),
    }


def _choice(selection: Selection) -> Json:
    return {
        "preset": selection.preset,
        "revision": selection.revision,
        "models": {
            layer.name: selection.choice(layer.name).value for layer in SPEAKING
        },
        **_ability(selection),
    }


def _ability(selection: Selection) -> Json:
    """Return whether it can reply; in few words and in sentences, what it lacks."""
    found = {layer: what_keeps(selection, layer) for layer in SPEAKING}
    lacking = {layer: provider for layer, provider in found.items() if provider}
    replier = lacking.get(L3)
    mends = dict.fromkeys(provider.problem for provider in lacking.values())
    return {
        "is_able": not replier,
        "mark": _why(replier) if replier else _left_out(lacking),
        "mend": " ".join(mends),
    }


def _left_out(lacking: Mapping[Layer, Provider]) -> str:
    """Say which layers a reply would come without: "without L1 and L2: no key for Groq"."""
    layers: dict[str, list[str]] = {}
    for layer, provider in lacking.items():
        layers.setdefault(_why(provider), []).append(layer.title)
    return ", ".join(f"without {listed(all_)}: {why}" for why, all_ in layers.items())


def _why(provider: Provider) -> str:
    is_keyless = provider.needs_key and not provider.key
    return f"{'no key for' if is_keyless else 'no way to'} {provider.title}"
