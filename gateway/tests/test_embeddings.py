"""Embeddings come in the order, number, length and encoding that was asked for."""

import base64
import struct

import pytest

from brains import live
from gateway.tests.conftest import payload
from gateway.vectors import input_count
from tests.upstream import bodies

PATH = "/v1/embeddings"
MODEL = "openai/text-embedding-3-small"
BODY = {"model": "aura/embedding", "input": "Hello", "dimensions": 8}
INPUTS = pytest.mark.parametrize(
    ("given", "texts"),
    [
        ("Hello", ["Hello"]),
        (["one", "two", "three"], ["one", "two", "three"]),
        ([1, 2, 3], [[1, 2, 3]]),
        ([[1, 2], [3]], [[1, 2], [3]]),
        (["one"], ["one"]),
    ],
)


def vectors(answer):
    assert answer.status == 200, answer.body
    assert [row["index"] for row in answer.json()["data"]] == list(
        range(len(answer.json()["data"]))
    )
    return [row["embedding"] for row in answer.json()["data"]]


def unpacked(text):
    raw = base64.b64decode(text, validate=True)
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))


def expected(texts):
    def one(text):
        return bodies.vector(MODEL, text, 8)

    return [one(text) for text in texts]


@INPUTS
async def test_each_input_has_its_vector_as_numbers(client, upstream, given, texts):
    answer = await client.post(PATH, BODY | {"input": given})
    assert vectors(answer) == expected(texts)
    body = answer.json()
    assert (body["object"], body["model"]) == ("list", "aura/embedding")
    assert body["data"][0]["object"] == "embedding"
    assert body["usage"]["prompt_tokens"] == len(texts)
    assert upstream.requests[0].body == BODY | {"input": given, "model": MODEL}


@INPUTS
async def test_each_input_has_its_vector_as_base64(client, given, texts):
    body = BODY | {"input": given, "encoding_format": "base64"}
    packed = vectors(await client.post(PATH, body))
    assert [unpacked(text) for text in packed] == expected(texts)


@pytest.mark.parametrize("theirs", ["float", "base64"])
@pytest.mark.parametrize("asked", ["float", "base64"])
async def test_encoding_is_as_asked_whatever_the_provider_gives(
    client, upstream, theirs, asked
):
    upstream.script(
        body=bodies.embeddings_body(MODEL, BODY | {"encoding_format": theirs}, 8)
    )
    [vector] = vectors(await client.post(PATH, BODY | {"encoding_format": asked}))
    assert (vector if asked == "float" else unpacked(vector)) == expected(["Hello"])[0]


@pytest.mark.parametrize("name", ["embedding", "aura-embedding", "embed"])
async def test_each_name_of_the_layer_does(client, name):
    answer = await client.post(PATH, BODY | {"model": name})
    assert vectors(answer) and answer.json()["model"] == name


def rows(*rows):
    return {"object": "list", "data": list(rows), "usage": {"prompt_tokens": 1}}


def row(index, number):
    return {"index": index, "embedding": [number] * 8}


async def test_rows_are_put_in_the_order_of_their_inputs(client, upstream):
    upstream.script(body=rows(row(2, 2), row(0, 0), row(1, 1)))
    answer = await client.post(PATH, BODY | {"input": ["a", "b", "c"]})
    assert [v[0] for v in vectors(answer)] == [0, 1, 2]


@pytest.mark.parametrize(
    "indexes", [(None, None), (0, 0), (5, 6), ("1", "0"), ([], {}), (1.5, 0), (True, 0)]
)
async def test_rows_without_usable_indexes_stay_in_their_order(
    client, upstream, indexes
):
    first, second = indexes
    upstream.script(body=rows(row(first, 1), row(second, 2)))
    answer = await client.post(PATH, BODY | {"input": ["a", "b"]})
    assert [v[0] for v in vectors(answer)] == [1, 2]


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_wrong_number_of_vectors_is_a_502(client, upstream, count):
    upstream.script(body=rows(*(row(n, n) for n in range(count))))
    answer = await client.post(PATH, BODY | {"input": ["a", "b"]})
    assert (answer.status, answer.error["code"]) == (502, "upstream_invalid")
    assert f"{count} embeddings for 2 inputs" in answer.error["message"]


@pytest.mark.parametrize("encoding", ["float", "base64"])
async def test_wrong_length_is_a_502_that_says_which(client, upstream, encoding):
    upstream.script(dimension=6)
    answer = await client.post(PATH, BODY | {"encoding_format": encoding})
    error = answer.error
    assert (answer.status, error["code"]) == (502, "embedding_dimension_mismatch")
    assert "6 numbers" in error["message"] and "is 8" in error["message"]
    assert answer.headers["x-aura-model"] == MODEL


async def test_length_is_that_of_the_selection_when_none_is_asked(client, upstream):
    body = {"model": "embedding", "input": "Hello"}
    upstream.script(dimension=8)
    assert len(vectors(await client.post(PATH, body))[0]) == 8
    live.install(payload(), "database")
    answer = await client.post(PATH, body)
    assert answer.error["code"] == "embedding_dimension_mismatch"
    assert "is 1536" in answer.error["message"]


@pytest.mark.parametrize(
    "vector",
    [
        [0.5] * 7 + ["text"],
        [0.5] * 7 + [None],
        [0.5] * 7 + [True],
        [0.5] * 7 + [[]],
        bodies.encode([0.5] * 7 + [float("nan")]),
        bodies.encode([0.5] * 7 + [float("inf")]),
        "not base64",
        "ü",
        "AAAA",
        b"[NaN, 0, 0, 0, 0, 0, 0, 0]",
    ],
)
@pytest.mark.parametrize("encoding", ["float", "base64"])
async def test_vector_that_is_not_all_numbers_is_a_502(
    client, upstream, vector, encoding
):
    data = rows({"index": 0, "embedding": vector})
    if isinstance(vector, bytes):
        data = b'{"data": [{"embedding": ' + vector + b"}]}"
    upstream.script(body=data)
    answer = await client.post(PATH, BODY | {"encoding_format": encoding})
    assert (answer.status, answer.error["code"]) == (502, "upstream_invalid")


async def test_number_beyond_float32_cannot_be_packed(client, upstream):
    upstream.script(body=rows(row(0, 1e300)))
    answer = await client.post(PATH, BODY | {"encoding_format": "base64"})
    assert (answer.status, answer.error["code"]) == (502, "upstream_invalid")


async def test_whole_numbers_are_numbers(client, upstream):
    upstream.script(body=rows(row(0, 1)))
    [vector] = vectors(await client.post(PATH, BODY | {"encoding_format": "base64"}))
    assert unpacked(vector) == [1.0] * 8


UNUSABLE: dict[str, list[object]] = {
    "input": ["", [], {}, None, 7, True],
    "encoding_format": ["hex", ["float"], 7],
    "dimensions": [0, -1, 8.5, "8", True, []],
    "model": ["aura/l3"],
}


@pytest.mark.parametrize(
    ("field", "value"), [(name, v) for name, bad in UNUSABLE.items() for v in bad]
)
async def test_field_that_cannot_be_used_is_named(client, upstream, field, value):
    answer = await client.post(PATH, BODY | {field: value})
    assert (answer.status, answer.error["param"]) == (400, field)
    assert upstream.requests == []


async def test_model_that_gives_no_embeddings_is_a_502(client, upstream):
    upstream.script(body={"choices": []})
    answer = await client.post(PATH, BODY)
    assert (answer.status, answer.error["code"]) == (502, "upstream_invalid")


def test_lists_of_tokens_and_texts_are_counted_apart():
    assert input_count({"input": [1, 2, 3]}) == 1
    assert input_count({"input": [[1, 2], [3]]}) == 2
    assert input_count({}) == 0
