"""Which provider serves which layers of a selection."""

from django.conf import settings

from brains.layers import LAYERS, Layer
from brains.selection import Selection
from providers.registry import Provider


def provider_of(selection: Selection, layer: Layer) -> Provider:
    """Return the provider that serves a layer."""
    model = selection.choice(layer.name).value
    provider: Provider = settings.AURA_PROVIDERS.route(model).provider
    return provider


def serving(selection: Selection) -> list[tuple[Provider, list[Layer]]]:
    """Return each provider that serves a layer, once, with its layers in order."""
    layers: dict[str, tuple[Provider, list[Layer]]] = {}
    for layer in LAYERS:
        provider = provider_of(selection, layer)
        layers.setdefault(provider.name, (provider, []))[1].append(layer)
    return list(layers.values())
