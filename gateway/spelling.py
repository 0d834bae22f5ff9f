"""How the name of a layer may be spelled. What it leads to at this moment is in `names`."""

from brains.layers import LAYER_BY_NAME


def parse_layer(name: str) -> tuple[str | None, str]:
    """Split "aura/l3@budget" into its layer and preset slug; the layer is None when the
    name is not of that form."""
    stem, at, slug = name.partition("@")
    is_path = stem.startswith("aura/")
    layer = stem.removeprefix("aura/") if is_path else stem.removeprefix("aura-")
    if layer not in LAYER_BY_NAME or (at and not slug):
        return None, ""
    return layer, slug
