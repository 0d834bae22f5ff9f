"""Which provider serves which layers of a selection, and which stands behind them."""

from collections.abc import Iterable

from django.conf import settings

from brains.layers import LAYERS, Layer
from brains.selection import Selection
from providers.registry import Provider

InUse = list[tuple[Provider, list[Layer]]]


def provider_of(selection: Selection, layer: Layer) -> Provider:
    """Return the provider that serves a layer."""
    return _route(selection.choice(layer.name).value)


def serving(selection: Selection) -> InUse:
    """Return each provider that serves a layer, once, with its layers in order."""
    return _grouped((provider_of(selection, layer), layer) for layer in LAYERS)


def standing_by(selection: Selection) -> InUse:
    """Return each provider that serves no layer but has a fallback of one, once, with the
    layers that it stands behind."""
    busy = {provider.name for provider, _ in serving(selection)}
    behind = ((p, layer) for layer in LAYERS for p in _behind(selection, layer))
    return [found for found in _grouped(behind) if found[0].name not in busy]


def can_answer(selection: Selection, layer: Layer) -> bool:
    """Say whether a layer's own model or one of its fallbacks can be called."""
    return not what_keeps(selection, layer)


def what_keeps(selection: Selection, layer: Layer) -> Provider | None:
    """Return the provider that keeps a layer from answering; None where it, or one that
    stands behind it, can be called as it is set up."""
    candidates = [provider_of(selection, layer), *_behind(selection, layer)]
    return candidates[0] if all(each.problem for each in candidates) else None


def _behind(selection: Selection, layer: Layer) -> list[Provider]:
    return [_route(model) for model in selection.fallbacks(layer.name)]


def _grouped(pairs: Iterable[tuple[Provider, Layer]]) -> InUse:
    found: dict[str, tuple[Provider, list[Layer]]] = {}
    for provider, layer in pairs:
        layers = found.setdefault(provider.name, (provider, []))[1]
        if layer not in layers:
            layers.append(layer)
    return list(found.values())


def _route(model: str) -> Provider:
    provider: Provider = settings.AURA_PROVIDERS.route(model).provider
    return provider
