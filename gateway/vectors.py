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
    of texts, of token lists or of objects is one each; 0 when it is none of these."""
    given = body.get("input")
    if isinstance(given, str):
        return 1 if given else 0
    if not isinstance(given, list) or not given:
        return 0
    if _are_tokens(given):
        return 1
    return len(given) if _is_batch(given) else 0


def _is_batch(given: list[Any]) -> bool:
    kinds = {type(item) for item in given}
    if kinds == {list}:
        return all(_are_tokens(item) for item in given)
    return kinds in ({str}, {dict})


def _are_tokens(given: list[Any]) -> bool:
    return {type(item) for item in given} == {int}


def shaped(answer: Json, *, encoding: str, count: int, dimension: int) -> Json:
    """Return the answer with each embedding in `encoding` ("float" or "base64").

    Raises UpstreamFailed when the number of vectors, a length or a number is wrong.
    """
    rows: list[Json] = answer["data"]
    if len(rows) != count:
        raise _invalid(f"{len(rows)} embeddings for {count} inputs")
    data = [
        {
            **row,
            "object": "embedding",
            "index": index,
            "embedding": _encoded(row["embedding"], encoding, dimension),
        }
        for index, row in enumerate(_in_order(rows))
    ]
    return {**answer, "data": data}


def _in_order(rows: list[Json]) -> list[Json]:
    """Return the rows in the order of their inputs: by index where each has one of its
    own, else as they came."""
    indexed = {row["index"]: row for row in rows if type(row.get("index")) is int}
    if indexed.keys() == set(range(len(rows))):
        return [indexed[index] for index in range(len(rows))]
    return rows


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
