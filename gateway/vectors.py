"""Embeddings as a client asked for them: one vector per input, in order, of the right
length, as numbers or as base64 of little-endian float32."""

import base64
import binascii
import math
import struct
from collections.abc import Sequence
from typing import Any

from gateway.errors import UpstreamFailed

Json = dict[str, Any]


def input_count(body: Json) -> int:
    """Return how many vectors a request asks for: text or a list of tokens is one, a list
    of texts or of token lists is one each; 0 when it is none of these."""
    given = body.get("input")
    if isinstance(given, str):
        return 1 if given else 0
    if not isinstance(given, list) or not given:
        return 0
    return 1 if all(isinstance(item, int) for item in given) else len(given)


def shaped(answer: Json, *, encoding: str, count: int, dimension: int) -> Json:
    """Return the answer with each embedding in `encoding` ("float" or "base64").

    Raises UpstreamFailed when the number of vectors, a length or a number is wrong.
    """
    rows: list[Json] = answer["data"]
    if len(rows) != count:
        raise _invalid(f"{len(rows)} embeddings for {count} inputs")
    if {row.get("index") for row in rows} == set(range(count)):
        rows = sorted(rows, key=lambda row: int(row["index"]))
    data = [
        {
            **row,
            "object": "embedding",
            "index": index,
            "embedding": _encoded(row["embedding"], encoding, dimension),
        }
        for index, row in enumerate(rows)
    ]
    return {**answer, "data": data}


def _encoded(vector: list[Any] | str, encoding: str, dimension: int) -> list[Any] | str:
    numbers = _unpacked(vector) if isinstance(vector, str) else vector
    if len(numbers) != dimension:
        raise UpstreamFailed(
            f"The embedding model gave vectors of {len(numbers)} numbers where the dimension "
            f"is {dimension}. Set the embedding dimension to {len(numbers)}, or another model.",
            status=502,
            code="embedding_dimension_mismatch",
        )
    if not all(type(n) in (float, int) and math.isfinite(n) for n in numbers):
        raise _invalid("embeddings that are not all numbers")
    if encoding == "float":
        return list(numbers)
    return vector if isinstance(vector, str) else _packed(vector)


def _unpacked(text: str) -> Sequence[float]:
    try:
        raw = base64.b64decode(text, validate=True)
        return struct.unpack(f"<{len(raw) // 4}f", raw)
    except (binascii.Error, struct.error, ValueError):
        raise _invalid("embeddings in an unknown encoding") from None


def _packed(numbers: list[Any]) -> str:
    try:
        return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    except (struct.error, OverflowError):
        raise _invalid("embeddings beyond float32") from None


def _invalid(what: str) -> UpstreamFailed:
    return UpstreamFailed(
        f"The provider sent {what}.", status=502, code="upstream_invalid"
    )
