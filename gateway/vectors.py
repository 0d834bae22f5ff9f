"""Embeddings as a client asked for them: one vector per input, in order, of the right
length, as numbers or as base64 of little-endian float32."""

import base64
import binascii
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.errors import UpstreamFailed
from providers.vectors import Vector

Json = dict[str, Any]

NUMBERS = frozenset({float, int})


@dataclass(frozen=True, slots=True)
class Wanted:
    """The embeddings that a client asked for: `count` vectors of `dimension` numbers, in
    `encoding` "float" or "base64"."""

    encoding: str
    count: int
    dimension: int


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


def shaped(answer: Json, wanted: Wanted) -> Json:
    """Return the answer with each embedding as it is wanted.

    Raises UpstreamFailed when the number of vectors, a length or a number is wrong.
    """
    rows: list[Json] = answer["data"]
    if len(rows) != wanted.count:
        raise _invalid(f"{len(rows)} embeddings for {wanted.count} inputs")
    answer["data"] = _in_order(rows)
    for index, row in enumerate(answer["data"]):
        row["object"], row["index"] = "embedding", index
        row["embedding"] = _encoded(row["embedding"], wanted)
    return answer


def _in_order(rows: list[Json]) -> list[Json]:
    """Return the rows in the order of their inputs: by index where each has one of its
    own, else as they came."""
    indexed = {row["index"]: row for row in rows if type(row.get("index")) is int}
    if indexed.keys() == set(range(len(rows))):
        return [indexed[index] for index in range(len(rows))]
    return rows


def _encoded(
    vector: list[Any] | str, wanted: Wanted
) -> Sequence[float] | str | orjson.Fragment:
    """Return a vector for `orjson.dumps`."""
    numbers = _unpacked(vector) if isinstance(vector, str) else vector
    if len(numbers) != wanted.dimension:
        raise UpstreamFailed(
            f"The embedding model gave vectors of {len(numbers)} numbers where the dimension "
            f"is {wanted.dimension}. Set the embedding dimension to {len(numbers)}, or "
            "another model.",
            status=502,
            code="embedding_dimension_mismatch",
        )
    # What came as JSON is finite: the parser takes no NaN and no infinity.
    text = vector.text if isinstance(vector, Vector) else b""
    if not text and not NUMBERS.issuperset(map(type, numbers)):
        raise _invalid("embeddings that are not all numbers")
    if wanted.encoding == "float":
        return orjson.Fragment(text) if text else numbers
    return vector if isinstance(vector, str) else _packed(vector)


def _unpacked(text: str) -> Sequence[float]:
    try:
        raw = base64.b64decode(text, validate=True)
        numbers = struct.unpack(f"<{len(raw) // 4}f", raw)
    except (binascii.Error, struct.error, ValueError):
        raise _invalid("embeddings in an unknown encoding") from None
    # One that is infinite or no number makes the sum so; finite float32 cannot.
    if not math.isfinite(sum(numbers)):
        raise _invalid("embeddings that are not all numbers")
    return numbers


def _packed(numbers: list[Any]) -> str:
    try:
        return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    except (struct.error, OverflowError):
        raise _invalid("embeddings beyond float32") from None


def _invalid(what: str) -> UpstreamFailed:
    return UpstreamFailed(
        f"The provider sent {what}.", status=502, code="upstream_invalid"
    )
