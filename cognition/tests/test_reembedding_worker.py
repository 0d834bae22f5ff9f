"""A re-embedding of 10,000 memories survives that its worker is killed, twice: nothing is
lost, nothing is there twice, and people's memories are recalled throughout."""

import secrets
import shutil

import pytest
from django.core.management import call_command

from brains import activation
from brains.tests.records import ANN, preset
from cognition.tests.memories import E5, keep, serve_vectors, wide_preset
from cognition.tests.two_deaths import survive_two_deaths
from tests.own_database import own_database
from tests.workers import worker_of

pytestmark = pytest.mark.slow
# PostgreSQL has fewer: what it adds does not grow with the number.
COUNT = {"sqlite": 10_000, "postgres": 1_000}
BATCH = 64
# A worker that is killed keeps its lease for 15 s; the next one looks every 10 s.
PATIENCE_S = 240.0


@pytest.fixture(params=COUNT)
def kind(request):
    """The kind of database."""
    return request.param


@pytest.fixture
def url(kind, request, migrated_folder, tmp_path, django_db_blocker):
    """A migrated database that the worker and this test have in common."""
    found = ""
    if kind == "postgres":
        server = request.getfixturevalue("postgres")
        found = server.create_database(f"reembedding_{secrets.token_hex(4)}")
    else:
        shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True)
    with django_db_blocker.unblock(), own_database(found, tmp_path):
        call_command("migrate", verbosity=0)
        yield found


@pytest.fixture
def start(url, tmp_path, upstream):
    """Return a function that starts a worker whose models answer with either length."""
    serve_vectors(upstream)
    servers = {
        "DATABASE_URL": url,
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "tests-only",
        "AURA_OFFLINE_CHAT_URL": upstream.url,
        "AURA_OFFLINE_EMBEDDING_URL": upstream.url,
    }
    return worker_of(tmp_path, servers)


@pytest.mark.fault("E7")
def test_10_000_memories_survive_two_deaths_of_the_worker(kind, start, upstream):
    count = COUNT[kind]
    activation.activate(preset("Offline"), ANN)

    survive_two_deaths(keep(count, E5), wide_preset(), start, PATIENCE_S)

    # What was under way when it was killed is asked for once more, and no more than that.
    inputs = [(request.body or {}).get("input") for request in upstream.requests]
    texts = sum(len(each) for each in inputs if isinstance(each, list))
    assert count <= texts <= count + 2 * BATCH
