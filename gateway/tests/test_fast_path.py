"""No request of the data plane asks the database: it is not even allowed in these tests."""

import pytest

from gateway.application import is_ours
from gateway.tests.conftest import CHAT, PATH

EMBED = {"model": "embedding", "input": "Hello", "dimensions": 8}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PATH, CHAT),
        (PATH, CHAT | {"stream": True}),
        (PATH, CHAT | {"model": "aura/l3@budget"}),
        (PATH, CHAT | {"model": "gpt-5"}),
        ("/v1/embeddings", EMBED),
    ],
)
async def test_calls_ask_no_database(client, path, body):
    assert (await client.post(path, body)).status in (200, 404)


@pytest.mark.parametrize(
    "path",
    ["/v1/models", "/v1/models/aura/l3", "/v1/nothing"]
    + ["/health", "/health?strict=1", "/health/live", "/health/ready"],
)
async def test_questions_ask_no_database(client, path):
    assert (await client.get(path)).status in (200, 404, 503)


async def test_refusals_ask_no_database(client):
    assert (await client.post(PATH, CHAT, {"authorization": "Bearer x"})).status == 401
    assert (await client.post(PATH, b"{")).status == 400


async def test_failures_ask_no_database(client, upstream):
    upstream.script(status=500)
    assert (await client.post(PATH, CHAT)).status == 502


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("/v1/chat/completions", True),
        ("/v1/nothing", True),
        ("/v1", True),
        ("/health", True),
        ("/health/ready", True),
        ("/v10/models", False),
        ("/healthy", False),
        ("/admin/", False),
        ("/", False),
        ("/x/v1/models", False),
    ],
)
def test_path_belongs_to_one_plane(path, ours):
    assert is_ours(path) is ours
