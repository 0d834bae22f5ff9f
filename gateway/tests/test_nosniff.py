"""No answer of the data plane may be taken by a browser for something else than it says."""

import pytest

from gateway.tests.conftest import CHAT, PATH

EMBED = {"model": "aura/embedding", "input": "hello", "dimensions": 8}
NOBODY = {"authorization": None}


def option(answer):
    return answer.headers.get("x-content-type-options")


@pytest.mark.parametrize(
    "path",
    ["/v1/models", "/v1/models/aura-l3", "/v1/nowhere", "/openapi.json", "/metrics"],
)
async def test_what_is_read_says_it(client, path):
    assert option(await client.get(path)) == "nosniff"


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
async def test_health_says_it(client, settings, registry, path):
    settings.AURA_PROVIDERS = registry
    assert option(await client.get(path, NOBODY)) == "nosniff"


@pytest.mark.parametrize(
    ("path", "body"),
    [(PATH, CHAT), (PATH, CHAT | {"stream": True}), ("/v1/embeddings", EMBED)],
)
async def test_answers_of_models_say_it(client, path, body):
    answer = await client.post(path, body)
    assert (answer.status, option(answer)) == (200, "nosniff")


@pytest.mark.parametrize(
    ("body", "headers"), [(CHAT, NOBODY), (b"{", {}), ({"model": "<b>"}, {})]
)
async def test_refusals_say_it(client, body, headers):
    answer = await client.post(PATH, body, headers)
    assert answer.status in (400, 401, 404)
    assert option(answer) == "nosniff"
