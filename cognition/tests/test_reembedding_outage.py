"""A re-embedding outlives its PostgreSQL: killed in the middle of a batch, twice, the same
worker goes on when it is back, and nothing is lost or there twice."""

import pytest
from django.db import connection

from brains import activation
from brains.tests.records import ANN, newest, preset
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.reembedding import plans
from cognition.memory.reembedding.models import ReEmbedding
from cognition.tests.memories import (
    E5,
    WIDE,
    keep,
    serve_vectors,
    vector_count,
    wide_preset,
)
from tests.own_database import own_database
from tests.postgres import PostgresServer
from tests.waiting import wait_until
from tests.workers import worker_of

pytestmark = pytest.mark.slow
COUNT, BATCH = 1_000, 64
# A batch that is under way when the server falls keeps its lease for 15 s; the next look is
# 10 s after.
PATIENCE_S = 240.0


@pytest.fixture
def server():
    """A PostgreSQL of this test's own, to be killed."""
    with PostgresServer(ready=True) as server:
        yield server


@pytest.fixture
def url(server, tmp_path, django_db_blocker):
    """A migrated database there, which the worker and this test have in common."""
    found = server.migrated("reembedding")
    with django_db_blocker.unblock(), own_database(found, tmp_path):
        yield found


@pytest.fixture
def start(url, tmp_path, upstream):
    """Return what starts a worker there, whose models are all on one server."""
    serve_vectors(upstream)
    # Longer than what lies between two batches: the fall comes while one is asked for.
    upstream.script(WIDE.model, dimension=WIDE.dimension, latency_s=0.3)
    servers = {
        "DATABASE_URL": url,
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "tests-only",
        "AURA_OFFLINE_CHAT_URL": upstream.url,
        "AURA_OFFLINE_EMBEDDING_URL": upstream.url,
    }
    return worker_of(tmp_path, servers)


def made():
    """Return the vectors of the new model."""
    return MemoryVector.objects.filter(model=WIDE.model, dimension=WIDE.dimension)


def fall_after(wanted, server, log):
    """Kill the server when there are so many vectors, and wait until the run has noticed."""

    def falls():
        return log.read_text().count("A task was left")

    before = falls()
    wait_until(lambda: made().count() >= wanted, "the vectors", PATIENCE_S)
    server.kill()
    connection.close()
    wait_until(lambda: falls() > before, "the run to notice", PATIENCE_S)


@pytest.mark.fault("E7")
def test_a_run_goes_on_when_a_killed_postgresql_is_back(
    server, start, tmp_path, upstream
):
    activation.activate(preset("Offline"), ANN)
    keep(COUNT, E5)
    plans.begin(wide_preset(), ANN)

    with start() as worker:
        for wanted in (COUNT // 4, COUNT * 6 // 10):
            fall_after(wanted, server, tmp_path / "log")
            server.start()
            assert made().count() >= wanted and newest().preset_name == "Offline"
            assert worker.poll() is None
        done = ReEmbedding.objects.filter(state="done")
        wait_until(done.exists, "the switch", PATIENCE_S)
        assert worker.poll() is None

    plan = ReEmbedding.objects.get()
    assert (plan.done, plan.total, plan.revision) == (COUNT, COUNT, 2)
    assert newest().preset_name == "Wide" and newest().by_name == "ann"
    assert Memory.objects.count() == COUNT
    assert vector_count() == {E5: COUNT, WIDE: COUNT}
    assert made().values("memory").distinct().count() == COUNT
    # What was under way is asked for once more, and no more than that.
    inputs = [(request.body or {}).get("input") for request in upstream.requests]
    texts = sum(len(each) for each in inputs if isinstance(each, list))
    assert COUNT <= texts <= COUNT + 2 * BATCH
