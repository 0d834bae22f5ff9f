"""The headers that say which request this was and what served it."""

from urllib.parse import quote

from gateway.calls import Call
from gateway.http import Header

_HEADER_SAFE = " !#$&'()*+,-./:;<=>?@[]^_`{|}~"


def stamps(call: Call) -> list[Header]:
    """Return the stamps of an answer. A preset's name beyond ASCII is percent-encoded
    (RFC 3986); with no preset active its header is empty."""
    selection = call.target.selection
    values = {
        b"x-aura-revision": str(selection.revision),
        b"x-aura-preset": quote(selection.preset or "", safe=_HEADER_SAFE),
        b"x-aura-layer": call.target.layer,
        b"x-aura-model": call.choice.value,
        b"x-aura-provider": call.route.provider.name,
        b"x-aura-source": str(call.choice.source),
        b"x-aura-fallback": "0",
    }
    return [(name, value.encode("ascii")) for name, value in values.items()]
