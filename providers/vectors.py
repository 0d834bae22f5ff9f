"""The vectors of an answer as the text they came as. To look at 1,536 numbers one by one,
and to write each anew, takes longer than to read them."""

from typing import Any

Json = dict[str, Any]

# Of these, JSON's numbers have none: text, true, false, null and objects do.
_NO_NUMBER = (b'"', b"u", b"l", b"{")


class Vector(list[float]):
    """Numbers, and the JSON text that they were read from."""

    __slots__ = ("text",)

    def __init__(self, numbers: list[float], text: bytes) -> None:
        super().__init__(numbers)
        self.text = text


def with_texts(data: bytes, rows: list[Json]) -> None:
    """Make a Vector of each embedding in `rows`, which were read from `data`; not where that
    is in doubt, nor of one that is not all numbers."""
    vectors = [row["embedding"] for row in rows]
    if data.count(b"[") != 1 + len(vectors) or not {type(v) for v in vectors} <= {list}:
        return
    # One bracket for the rows and one for each vector: so none stands in a text, and they
    # are in the order of the rows.
    at = data.index(b"[")
    for row, numbers in zip(rows, vectors, strict=True):
        at = data.index(b"[", at + 1)
        text = data[at : data.index(b"]", at) + 1]
        if not any(part in text for part in _NO_NUMBER):
            row["embedding"] = Vector(numbers, text)
