"""Health is answered from memory, to anyone, and says nothing that is secret."""

import pytest

from gateway.tests.asgi_client import timed
from gateway.tests.conftest import KEY, PROVIDER_KEY

NOBODY = {"authorization": None}


@pytest.fixture
def providers(settings, registry):
    settings.AURA_PROVIDERS = registry


@pytest.fixture
def sound(providers):
    """Nothing is wrong with this process."""


@pytest.fixture
def degraded(providers, serve):
    """A layer is served by a provider without its key."""
    serve(l3="unset/model")


@pytest.mark.usefixtures("sound")
async def test_health_shows_what_is_effective_and_why(client):
    answer = await client.get("/health", NOBODY)
    body = answer.json()
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (body["status"], body["problems"]) == ("ok", [])
    assert (body["revision"], body["preset"]) == (7, "Default")
    assert body["loaded_from"] == "database"
    assert body["models"]["l3"] == {
        "model": "deepseek/deepseek-chat",
        "source": "default",
        "provider": "openrouter",
    }
    embedding = body["models"]["embedding"]
    assert (embedding["dimension"], embedding["dimension_source"]) == (8, "preset")


@pytest.mark.usefixtures("degraded")
async def test_what_is_wrong_is_said_with_its_mend(client):
    answer = await client.get("/health", NOBODY)
    assert answer.status == 200
    assert answer.json()["status"] == "degraded"
    [problem] = answer.json()["problems"]
    assert problem["name"] == "AURA_UNSET_API_KEY" and problem["hint"]


STRICT = pytest.mark.parametrize(
    ("query", "is_strict"),
    [
        ("strict=1", True),
        ("strict=true", True),
        ("a=b&strict=yes", True),
        ("strict=0&strict=1", True),
        ("strict=0", False),
        ("strict=false", False),
        ("strict=", False),
        ("strict", False),
        ("other=1", False),
        ("%ff=%ff&strict=%ff", True),
        ("", False),
    ],
)


@STRICT
@pytest.mark.usefixtures("degraded")
async def test_strict_health_is_503_when_degraded(client, query, is_strict):
    answer = await client.get(f"/health?{query}", NOBODY)
    assert answer.status == (503 if is_strict else 200)


@STRICT
@pytest.mark.usefixtures("sound")
async def test_strict_health_is_200_when_all_is_well(client, query, is_strict):
    assert (await client.get(f"/health?{query}", NOBODY)).status == 200


@pytest.mark.parametrize("path", ["live", "liveness", "liveliness"])
async def test_process_that_runs_is_alive(client, path):
    answer = await client.get(f"/health/{path}", NOBODY)
    assert (answer.status, answer.json()) == (200, {"status": "alive"})


@pytest.mark.parametrize("path", ["ready", "readiness"])
async def test_process_with_a_selection_is_ready(client, path):
    answer = await client.get(f"/health/{path}", NOBODY)
    assert answer.status == 200
    assert answer.json() == {
        "status": "ready",
        "revision": 7,
        "loaded_from": "database",
    }


@pytest.mark.usefixtures("degraded")
async def test_health_calls_no_model_and_is_quick(client, upstream):
    _, took_s = await timed(lambda: client.get("/health"))
    assert took_s < 0.05
    assert upstream.requests == []


@pytest.mark.usefixtures("degraded")
async def test_health_has_no_secret(client):
    text = (await client.get("/health")).body.decode()
    assert KEY not in text and PROVIDER_KEY not in text


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
async def test_head_is_answered_as_get_is(client, path):
    exchange = client.open("HEAD", path)
    assert (await exchange.answer()).status == 200
