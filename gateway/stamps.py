"""The headers that say which request this was and what served it."""

from urllib.parse import quote

from brains.selection import Selection, Source
from gateway.http import Header
from gateway.names import Target
from providers.registry import Route

_HEADER_SAFE = " !#$&'()*+,-./:;<=>?@[]^_`{|}~"


def stamps(
    target: Target, model: str, source: Source, route: Route, *, is_fallback: bool
) -> tuple[Header, ...]:
    """Return the stamps of an answer that `model` gave."""
    selection = target.selection
    values = {
        b"x-aura-revision": str(selection.revision),
        b"x-aura-preset": preset_text(selection),
        b"x-aura-layer": target.layer,
        b"x-aura-model": model,
        b"x-aura-provider": route.provider.name,
        b"x-aura-source": str(source),
        b"x-aura-fallback": "1" if is_fallback else "0",
    }
    if target.canary:
        values[b"x-aura-canary"] = target.canary
    return tuple((name, value.encode("ascii")) for name, value in values.items())


def preset_text(selection: Selection) -> str:
    """Return a preset's name for a header: what is beyond ASCII percent-encoded (RFC 3986),
    empty where none is active."""
    return quote(selection.preset or "", safe=_HEADER_SAFE)


def fallback_reason(reason: str) -> Header:
    """Return the stamp that says why a fallback served: an error's code, or "budget"."""
    return b"x-aura-fallback-reason", reason.encode("ascii", "replace")
