"""Embeddings that are not what was asked for are refused, with a sentence that says why."""

import pytest

from tests.faults.calls import failure
from tests.faults.wire import answer
from tests.upstream.bodies import encode
from tests.upstream.hostile import sends

PATH = "/v1/embeddings"
INPUTS = {"model": "aura/embedding", "input": ["one", "two"], "dimensions": 8}
GOOD = [0.5] * 8


def rows(*vectors: object) -> dict[str, object]:
    data = [{"index": i, "embedding": vector} for i, vector in enumerate(vectors)]
    return {"object": "list", "data": data, "usage": {"prompt_tokens": 2}}


WRONG = {
    "too short": (rows(GOOD, GOOD[1:]), "embedding_dimension_mismatch"),
    "too long": (rows(GOOD, GOOD + GOOD), "embedding_dimension_mismatch"),
    "too few": (rows(GOOD), "upstream_invalid"),
    "too many": (rows(GOOD, GOOD, GOOD), "upstream_invalid"),
    "none": (rows(), "upstream_invalid"),
    "text in it": (rows(GOOD, ["0.5", *GOOD[1:]]), "upstream_invalid"),
    "null in it": (rows(GOOD, [None, *GOOD[1:]]), "upstream_invalid"),
    "NaN": (rows(GOOD, [float("nan"), *GOOD[1:]]), "upstream_invalid"),
    "infinity": (rows(GOOD, encode([float("inf"), *GOOD[1:]])), "upstream_invalid"),
    "NaN in base64": (
        rows(GOOD, encode([float("nan"), *GOOD[1:]])),
        "upstream_invalid",
    ),
    "no base64": (rows(GOOD, "?"), "upstream_invalid"),
    "no vector": (rows(GOOD, 7), "upstream_invalid"),
}


@pytest.mark.parametrize("encoding", ["float", "base64"])
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.fault("U22")
async def test_wrong_vectors_are_a_502_that_says_why(client, provider, wrong, encoding):
    body, code = WRONG[wrong]
    provider.script = sends(answer(body))
    said = await client.post(PATH, INPUTS | {"encoding_format": encoding})
    assert failure(said) == (502, code)
    assert "0.5" not in said.error["message"]


@pytest.mark.fault("U22")
async def test_the_refusal_of_a_length_names_both_and_the_mend(
    client, provider, measured
):
    provider.script = sends(answer(rows(GOOD + GOOD)))
    said = await client.post(PATH, INPUTS | {"input": "one"})
    message = said.error["message"]
    assert "vectors of 16 numbers" in message and "is 8" in message
    assert "Set the embedding dimension to 16" in message
    measured(f"{len(WRONG)} kinds of wrong, as numbers and as base64: 502. “{message}”")
