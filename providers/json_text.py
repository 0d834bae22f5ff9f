"""JSON from outside, be it a client or a provider: what is read here can also be written."""

from typing import Any

import orjson

# orjson reads 1,024 levels of nesting and writes 254.
DEPTH_MAX = 254


def read_json(data: bytes) -> Any:
    """Return what `data` holds. Raises ValueError with the reason."""
    parsed = orjson.loads(data)
    # No deeper than there are brackets. Vectors are long and have few of them.
    if data.count(b"[") + data.count(b"{") > DEPTH_MAX:
        _refuse_too_deep(parsed)
    return parsed


def _refuse_too_deep(parsed: Any) -> None:
    try:
        orjson.dumps(parsed)
    except orjson.JSONEncodeError:
        raise ValueError(f"nested deeper than {DEPTH_MAX} levels") from None
