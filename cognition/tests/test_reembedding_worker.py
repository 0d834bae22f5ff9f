"""A re-embedding of 10,000 memories survives that its worker is killed, twice: nothing is
lost, nothing is there twice, and people's memories are recalled throughout."""

import secrets
import shutil

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
    keep,
    serve_vectors,
    wide_preset,
)
from cognition.tests.workers import (
    BATCH,
    asked_for,
    assert_each_once,
    made,
    worker,
)
from gateway.records.models import CallRecord
from tests.own_database import own_database
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.long]
# PostgreSQL has fewer: what it adds does not grow with the number.
COUNT = {"sqlite": 10_000, "postgres": 1_000}
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
def test_10_000_memories_survive_two_deaths_of_the_worker(
    kind, tmp_path, url, upstream
):
    serve_vectors(upstream)
    count = COUNT[kind]
    activation.activate(preset("Offline"), ANN)
    memories = keep(count, E5)
    plans.begin(wide_preset(), ANN)
    asked: list[Memory] = []

    for wanted in (count // 4, count * 6 // 10, count):
        with worker(tmp_path, url, upstream) as process:

            def has_come_so_far(wanted=wanted, process=process):
                asked.append(memories[len(asked) % count])
                assert recalled(asked[-1]), "a memory was not recalled"
                assert process.poll() is None
                return made() >= wanted

            wait_until(has_come_so_far, "the vectors", PATIENCE_S, every_s=0.05)
            if wanted < count:
                process.kill()  # SIGKILL
                process.wait()
                assert newest().preset_name == "Offline"
            else:
                done = ReEmbedding.objects.filter(state="done")
                wait_until(done.exists, "the switch", timeout_s=PATIENCE_S)
                wait_until(CallRecord.objects.exists, "its calls on record")

    plan = ReEmbedding.objects.get()
    assert (plan.done, plan.total, plan.revision) == (count, count, 2)
    assert newest().preset_name == "Wide" and newest().by_name == "ann"
    assert_each_once(count)
    assert all(recalled(memory) for memory in memories[: 3 * len(PEOPLE)])
    # What was under way when it was killed is asked for once more, and no more than that.
    assert count <= asked_for(upstream) <= count + 2 * BATCH
    assert len(asked) > 50
