"""What is read can be written, and what cannot be written is refused as it is read."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.json_text import DEPTH_MAX, read_json

LONG = 16 * 1024
LISTS, OBJECTS = (b"[", b"]"), (b'{"a":', b"}")


def nested(depth, brackets=LISTS, beside=b""):
    opening, closing = brackets
    return b"[" + beside + opening * (depth - 1) + b"1" + closing * (depth - 1) + b"]"


def test_value_is_read():
    assert read_json(b'{"a": [1, "[[["]}') == {"a": [1, "[[["]}


BESIDE = pytest.mark.parametrize(
    "beside",
    [b"", b"[]," * 300, b'"%b",' % (b"a" * LONG), b"1.5," * LONG, b"{}," * LONG],
    ids=["alone", "wide", "after text", "after numbers", "very wide"],
)


@BESIDE
@pytest.mark.parametrize("brackets", [LISTS, OBJECTS])
def test_depth_is_taken_up_to_the_bound(beside, brackets):
    assert orjson.dumps(read_json(nested(DEPTH_MAX, brackets, beside)))
    with pytest.raises(ValueError, match="254 levels"):
        read_json(nested(DEPTH_MAX + 1, brackets, beside))


def test_brackets_in_text_are_no_depth():
    text = "[{" * LONG
    assert read_json(orjson.dumps([text, '\\"[', text])) == [text, '\\"[', text]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"NaN", b"[1e999]", b'"\xff"', b"[" * 100_000, b"\xef\xbb\xbf{}"],
)
def test_what_is_no_json_is_refused(data):
    with pytest.raises(ValueError):
        read_json(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=30)
@given(JSON)
def test_any_value_comes_back_as_it_was_written(value):
    data = orjson.dumps(value)
    assert read_json(data) == orjson.loads(data)
