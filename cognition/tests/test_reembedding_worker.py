"""A re-embedding of 10,000 memories survives that its worker is killed, twice: nothing is
lost, nothing is there twice, and people's memories are recalled throughout."""

import os
import secrets
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest
from django.core.management import call_command

from brains import activation, live
from brains.space import space_of
from brains.tests.records import ANN, newest, preset
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.reembedding import plans
from cognition.memory.reembedding.models import ReEmbedding
from cognition.memory.store import Vector, recall
from cognition.tests.memories import (
    E5,
    PEOPLE,
    WIDE,
    keep,
    serve_vectors,
    vector_count,
    wide_preset,
)
from gateway.records.models import CallRecord
from tests.isolation import plain
from tests.own_database import own_database
from tests.server import ROOT
from tests.waiting import wait_until

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
    environment = plain(os.environ) | {
        "AURA_DATA_DIR": str(tmp_path),
        "AURA_ENV_FILE": str(tmp_path / ".env"),
        "DATABASE_URL": url,
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "tests-only",
        "AURA_OFFLINE_CHAT_URL": upstream.url,
        "AURA_OFFLINE_EMBEDDING_URL": upstream.url,
    }
    command = [sys.executable, "manage.py", "run_tasks", "--interval=0.05"]

    @contextmanager
    def started():
        with (tmp_path / "log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    return started


def there() -> int:
    """Return how many vectors there are of the new model."""
    found = MemoryVector.objects.filter(model=WIDE.model, dimension=WIDE.dimension)
    return found.count()


def recalled(memory) -> bool:
    """Say whether a memory is what its person recalls by its own vector, in the space that
    is live."""
    space = space_of(live.peek().selection)
    own = MemoryVector.objects.get(
        memory=memory, model=space.model, dimension=space.dimension
    )
    vector = Vector(bytes(own.vector), space, own.revision)
    return bool(recall(memory.person, vector, 1)[0].id == memory.pk)


@pytest.mark.fault("E7")
def test_10_000_memories_survive_two_deaths_of_the_worker(kind, start, upstream):
    count = COUNT[kind]
    activation.activate(preset("Offline"), ANN)
    memories = keep(count, E5)
    plans.begin(wide_preset(), ANN)
    asked: list[Memory] = []

    for wanted in (count // 4, count * 6 // 10, count):
        with start() as worker:

            def has_come_so_far(wanted=wanted, worker=worker):
                asked.append(memories[len(asked) % count])
                assert recalled(asked[-1]), "a memory was not recalled"
                assert worker.poll() is None
                return there() >= wanted

            wait_until(has_come_so_far, "the vectors", PATIENCE_S, every_s=0.05)
            if wanted < count:
                worker.kill()  # SIGKILL
                worker.wait()
                assert newest().preset_name == "Offline"
            else:
                done = ReEmbedding.objects.filter(state="done")
                wait_until(done.exists, "the switch", timeout_s=PATIENCE_S)
                wait_until(CallRecord.objects.exists, "its calls on record")

    plan = ReEmbedding.objects.get()
    assert (plan.done, plan.total, plan.revision) == (count, count, 2)
    assert newest().preset_name == "Wide" and newest().by_name == "ann"
    assert vector_count() == {E5: count, WIDE: count}
    having = MemoryVector.objects.filter(model=WIDE.model)
    assert having.values("memory").distinct().count() == count
    assert all(recalled(memory) for memory in memories[: 3 * len(PEOPLE)])
    # What was under way when it was killed is asked for once more, and no more than that.
    inputs = [(request.body or {}).get("input") for request in upstream.requests]
    texts = sum(len(each) for each in inputs if isinstance(each, list))
    assert count <= texts <= count + 2 * BATCH
    assert len(asked) > 50
