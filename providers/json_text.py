"""JSON from outside, be it a client or a provider: what is read here can also be written."""

from typing import Any

import orjson

# orjson reads 1,024 levels of nesting and writes 254.
DEPTH_MAX = 254
# Up to here writing a value is the cheapest way to see that it can be written.
SHORT = 16 * 1024


def read_json(data: bytes) -> Any:
    """Return what `data` holds. Raises ValueError with the reason."""
    parsed = orjson.loads(data)
    if len(data) > 2 * DEPTH_MAX and (len(data) <= SHORT or _may_be_too_deep(data)):
        _refuse_too_deep(parsed)
    return parsed


def _may_be_too_deep(data: bytes) -> bool:
    """Say whether there are brackets enough. Vectors are long and have few of them."""
    left = DEPTH_MAX
    for bracket in (b"[", b"{"):
        place = data.find(bracket)
        while place >= 0:
            left -= 1
            if left < 0:
                return True
            place = data.find(bracket, place + 1)
    return False


def _refuse_too_deep(parsed: Any) -> None:
    try:
        orjson.dumps(parsed)
    except orjson.JSONEncodeError:
        raise ValueError(f"nested deeper than {DEPTH_MAX} levels") from None
