"""Vectors keep the text that they came as, where it is certain which that is."""

import orjson
import pytest

from providers.vectors import Vector, with_texts


def rows_of(data):
    rows = orjson.loads(data)["data"]
    with_texts(data, rows)
    return rows


def texts_of(data):
    vectors = [row["embedding"] for row in rows_of(data)]
    return [v.text if isinstance(v, Vector) else None for v in vectors]


def test_each_vector_has_its_text():
    data = b'{"data": [{"embedding":[1.50, -2e-3]}, {"embedding": [ 3 ,4\n]}]}'
    assert texts_of(data) == [b"[1.50, -2e-3]", b"[ 3 ,4\n]"]
    assert [row["embedding"] for row in rows_of(data)] == [[1.5, -0.002], [3, 4]]


@pytest.mark.parametrize(
    "data",
    [
        b'{"data": [{"embedding": [1, 2], "note": "a [ in a text"}]}',
        b'{"note": "[1]", "data": [{"embedding": [2]}]}',
        b'{"data": [{"embedding": "[1]"}]}',
        b'{"data": [{"embedding": [[1], [2]]}]}',
        b'{"data": [{"embedding": [1], "embedding": [2]}]}',
        b'{"data": [{"embedding": [1]}], "more": [3]}',
        b'{"data": [{"embedding": "AAAA"}, {"embedding": [1]}, {"embedding": "[2]"}]}',
    ],
)
def test_no_text_where_another_list_or_bracket_stands(data):
    rows = orjson.loads(data)["data"]
    assert texts_of(data) == [None] * len(rows)
    assert rows_of(data) == rows


@pytest.mark.parametrize("odd", ["true", "false", "null", '"1"', '"]"', "{}"])
def test_no_text_for_what_is_not_all_numbers(odd):
    data = f'{{"data": [{{"embedding": [1, {odd}]}}]}}'.encode()
    assert texts_of(data) == [None]
