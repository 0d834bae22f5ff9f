"""A field that the gateway reads and that is of another type is refused, by its name."""

import pytest

from gateway.tests.conftest import CHAT, MESSAGES, PATH

EMBEDDINGS = "/v1/embeddings"
EMBED = {"model": "aura/embedding", "input": "Hello"}
CHAT_CASES = [
    ("messages", MESSAGES[0]),
    ("messages", [*MESSAGES, None]),
    ("messages", ["Hello"]),
    ("stream", "false"),
    ("stream", 0),
    ("stream", []),
    ("stream_options", "yes"),
    ("stream_options", []),
    ("stream_options", {"include_usage": "no"}),
    ("stream_options", {"include_usage": 1}),
]
EMBEDDINGS_CASES = [
    ("input", {}),
    ("input", [None]),
    ("input", [True]),
    ("input", [1.5]),
    ("input", ["one", 2]),
    ("input", [[1], []]),
    ("input", [["one"]]),
    ("encoding_format", ""),
    ("encoding_format", {}),
    ("encoding_format", "hex"),
    ("dimensions", 16_001),
    ("dimensions", "8"),
]


@pytest.mark.parametrize(
    ("path", "body", "field", "value"),
    [(PATH, CHAT, *case) for case in CHAT_CASES]
    + [(EMBEDDINGS, EMBED, *case) for case in EMBEDDINGS_CASES],
)
async def test_wrong_type_is_a_400_that_names_the_field(
    client, upstream, path, body, field, value
):
    answer = await client.post(path, body | {field: value})
    assert (answer.status, answer.error["param"]) == (400, field)
    assert upstream.requests == []


async def test_inputs_that_are_objects_are_passed_on(client, upstream):
    given = [{"content": [{"type": "text", "text": "Hello"}]}]
    answer = await client.post(EMBEDDINGS, EMBED | {"input": given, "dimensions": 8})
    assert answer.status == 200
    assert upstream.requests[0].body["input"] == given
